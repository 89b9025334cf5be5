import { errorCodes } from '@rtp/kafka-protocol'
import type { GroupOffsets } from './group-offsets.ts'
import { type JoinResult, Member, type MemberSpec, type SyncResult } from './member.ts'

const MAX_ANNOUNCED_IDS = 1000

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface JoinRequest extends MemberSpec {
  /** Empty for a member that has no id yet. */
  readonly memberId: string
  readonly protocolType: string
  /** From JoinGroup v4 on a new member is sent back once with its id (KIP-394), so that it cannot join twice. */
  readonly mustKnowMemberId: boolean
}

/**
 * A consumer group: who belongs to it, which generation it is in, and who waits for what.
 *
 * Follows Kafka's classic protocol: members join until all known ones have, the leader gets the list and sends the assignments
 * with its sync, and every change of members begins it anew.
 */
export class Group {
  readonly id: string
  readonly offsets: GroupOffsets
  state: GroupState = 'Empty'
  generation = 0
  protocolType = ''
  protocol = ''
  #leaderId = ''
  readonly #members = new Map<string, Member>()
  readonly #announcedIds = new Set<string>()
  readonly #initialDelayMs: number
  readonly #makeMemberId: (clientId: string) => string
  #joinDeadline: NodeJS.Timeout | undefined
  #isFirstJoin = false

  constructor(id: string, offsets: GroupOffsets, initialDelayMs: number, makeMemberId: (clientId: string) => string) {
    this.id = id
    this.offsets = offsets
    this.#initialDelayMs = initialDelayMs
    this.#makeMemberId = makeMemberId
  }

  get members(): Member[] {
    return [...this.#members.values()]
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  join(request: JoinRequest): JoinResult | Promise<JoinResult> {
    const { memberId } = request
    if (!this.#accepts(request)) return failedJoin(errorCodes.INCONSISTENT_GROUP_PROTOCOL, memberId)
    const known = this.#members.get(memberId)
    if (known !== undefined) return this.#rejoin(known, request)
    const predecessor = this.#memberOfInstance(request.instanceId)
    if (memberId === '') {
      const id = this.#makeMemberId(request.clientId)
      if (request.mustKnowMemberId && request.instanceId === null) {
        this.#announce(id)
        return failedJoin(errorCodes.MEMBER_ID_REQUIRED, id)
      }
      if (predecessor !== undefined) this.#drop(predecessor, errorCodes.FENCED_INSTANCE_ID)
      return this.#admit(id, request)
    }
    if (predecessor !== undefined) return failedJoin(errorCodes.FENCED_INSTANCE_ID, memberId)
    if (!this.#announcedIds.delete(memberId)) return failedJoin(errorCodes.UNKNOWN_MEMBER_ID, memberId)
    return this.#admit(memberId, request)
  }

  sync(
    memberId: string,
    generation: number,
    assignments: readonly { memberId: string; assignment: Buffer }[],
  ): SyncResult | Promise<SyncResult> {
    const errorCode = this.check(memberId, generation)
    const member = this.#members.get(memberId)
    if (errorCode !== 0 || member === undefined) return { errorCode, assignment: Buffer.alloc(0) }
    if (this.state === 'PreparingRebalance') {
      return { errorCode: errorCodes.REBALANCE_IN_PROGRESS, assignment: Buffer.alloc(0) }
    }
    member.heard()
    if (this.state === 'CompletingRebalance' && memberId === this.#leaderId) this.#assign(assignments)
    if (this.state === 'Stable') return { errorCode: 0, assignment: member.assignment }
    member.resolveSync(errorCodes.REBALANCE_IN_PROGRESS)
    return new Promise(resolve => {
      member.answerSync = resolve
    })
  }

  heartbeat(memberId: string, generation: number): number {
    const errorCode = this.check(memberId, generation)
    if (errorCode !== 0) return errorCode
    this.#members.get(memberId)?.heard()
    return this.state === 'PreparingRebalance' ? errorCodes.REBALANCE_IN_PROGRESS : 0
  }

  /** Says whether this is a member of this generation. */
  check(memberId: string, generation: number): number {
    if (!this.#members.has(memberId)) return errorCodes.UNKNOWN_MEMBER_ID
    return generation === this.generation ? 0 : errorCodes.ILLEGAL_GENERATION
  }

  /** Says whether a commit may be taken from this sender; a consumer without group membership sends generation -1. */
  checkCommit(memberId: string, generation: number): number {
    if (generation < 0 && memberId === '' && this.isEmpty) return 0
    const errorCode = this.check(memberId, generation)
    if (errorCode !== 0) return errorCode
    this.#members.get(memberId)?.heard()
    return this.state === 'CompletingRebalance' ? errorCodes.REBALANCE_IN_PROGRESS : 0
  }

  leave(memberId: string, instanceId: string | null): number {
    const member = this.#members.get(memberId) ?? (memberId === '' ? this.#memberOfInstance(instanceId) : undefined)
    if (member === undefined) return this.#announcedIds.delete(memberId) ? 0 : errorCodes.UNKNOWN_MEMBER_ID
    this.#remove(member)
    return 0
  }

  /** Sends everybody away, for a group that is deleted or a broker that stops. */
  dissolve(): void {
    clearTimeout(this.#joinDeadline)
    for (const member of this.#members.values()) member.dismiss(errorCodes.UNKNOWN_MEMBER_ID)
    this.#members.clear()
    this.#announcedIds.clear()
    this.state = 'Empty'
  }

  /** Stops the timers without an answer to anybody. */
  close(): void {
    clearTimeout(this.#joinDeadline)
    for (const member of this.#members.values()) {
      member.answerJoin = undefined
      member.answerSync = undefined
      member.dismiss(errorCodes.NONE)
    }
  }

  #accepts({ protocolType, protocols, memberId }: JoinRequest): boolean {
    if (protocolType === '' || protocols.length === 0) return false
    const others = this.members.filter(({ id }) => id !== memberId)
    if (others.length === 0) return true
    const isShared = protocols.some(({ name }) => others.every(other => other.supports(name)))
    return protocolType === this.protocolType && isShared
  }

  /** Remembers the id that a member is sent back with. Those that never come again are forgotten, the oldest first. */
  #announce(id: string): void {
    this.#announcedIds.add(id)
    const [oldest] = this.#announcedIds
    if (this.#announcedIds.size > MAX_ANNOUNCED_IDS && oldest !== undefined) this.#announcedIds.delete(oldest)
  }

  #admit(id: string, request: JoinRequest): Promise<JoinResult> {
    const member = new Member(id, request, () => this.#remove(member))
    if (this.isEmpty) this.protocolType = request.protocolType
    this.#members.set(id, member)
    return this.#park(member)
  }

  #rejoin(member: Member, request: JoinRequest): JoinResult | Promise<JoinResult> {
    const isUnchanged = member.hasSameProtocols(request.protocols)
    member.spec = request
    const missedItsAnswer = this.state === 'CompletingRebalance' && isUnchanged
    // A leader joins again to have the partitions assigned anew; any other member has only lost an answer.
    const isSettled = this.state === 'Stable' && isUnchanged && member.id !== this.#leaderId
    if (missedItsAnswer || isSettled) {
      member.heard()
      return this.#joinResult(member)
    }
    return this.#park(member)
  }

  #park(member: Member): Promise<JoinResult> {
    member.heard()
    member.resolveJoin(failedJoin(errorCodes.REBALANCE_IN_PROGRESS, member.id))
    const answer = new Promise<JoinResult>(resolve => {
      member.answerJoin = resolve
    })
    if (this.state === 'PreparingRebalance') this.#completeIfAllJoined()
    else this.#prepareRebalance()
    return answer
  }

  #prepareRebalance(): void {
    this.#isFirstJoin = this.state === 'Empty'
    this.state = 'PreparingRebalance'
    for (const member of this.#members.values()) member.resolveSync(errorCodes.REBALANCE_IN_PROGRESS)
    const longestMs = Math.max(...this.members.map(({ spec }) => spec.rebalanceTimeoutMs))
    clearTimeout(this.#joinDeadline)
    this.#joinDeadline = setTimeout(() => this.#completeJoin(), this.#isFirstJoin ? this.#initialDelayMs : longestMs)
    this.#joinDeadline.unref()
    this.#completeIfAllJoined()
  }

  /** The first generation waits a moment for more members to come; later ones are complete with the members that are known. */
  #completeIfAllJoined(): void {
    if (this.#isFirstJoin || this.members.some(({ answerJoin }) => answerJoin === undefined)) return
    this.#completeJoin()
  }

  #completeJoin(): void {
    clearTimeout(this.#joinDeadline)
    this.#isFirstJoin = false
    for (const member of this.members) {
      if (member.answerJoin === undefined) this.#drop(member, errorCodes.UNKNOWN_MEMBER_ID)
    }
    this.generation += 1
    const [first] = this.members
    if (first === undefined) {
      this.state = 'Empty'
      return
    }
    if (!this.#members.has(this.#leaderId)) this.#leaderId = first.id
    this.protocol = this.#chooseProtocol()
    this.state = 'CompletingRebalance'
    for (const member of this.members) {
      member.assignment = Buffer.alloc(0)
      member.resolveJoin(this.#joinResult(member))
      member.heard()
    }
  }

  /** The protocol that all know and most prefer. */
  #chooseProtocol(): string {
    const votes = new Map<string, number>()
    for (const { spec } of this.members) {
      const favourite = spec.protocols.find(({ name }) => this.members.every(member => member.supports(name)))
      if (favourite !== undefined) votes.set(favourite.name, (votes.get(favourite.name) ?? 0) + 1)
    }
    return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? ''
  }

  #joinResult(member: Member): JoinResult {
    const members = member.id === this.#leaderId ? this.members : []
    return {
      errorCode: 0,
      memberId: member.id,
      generation: this.generation,
      protocol: this.protocol,
      leaderId: this.#leaderId,
      members: members.map(one => ({
        id: one.id,
        instanceId: one.spec.instanceId,
        metadata: one.metadataFor(this.protocol),
      })),
    }
  }

  #assign(assignments: readonly { memberId: string; assignment: Buffer }[]): void {
    for (const { memberId, assignment } of assignments) {
      const member = this.#members.get(memberId)
      if (member !== undefined) member.assignment = assignment
    }
    this.state = 'Stable'
    for (const member of this.#members.values()) {
      if (member.answerSync !== undefined) member.heard()
      member.resolveSync(0)
    }
  }

  #remove(member: Member): void {
    this.#drop(member, errorCodes.UNKNOWN_MEMBER_ID)
    if (this.state === 'PreparingRebalance') {
      if (this.isEmpty) this.#completeJoin()
      else this.#completeIfAllJoined()
    } else if (this.isEmpty) {
      this.generation += 1
      this.state = 'Empty'
    } else {
      this.#prepareRebalance()
    }
  }

  #drop(member: Member, errorCode: number): void {
    this.#members.delete(member.id)
    member.dismiss(errorCode)
  }

  #memberOfInstance(instanceId: string | null): Member | undefined {
    return instanceId === null ? undefined : this.members.find(({ spec }) => spec.instanceId === instanceId)
  }
}

function failedJoin(errorCode: number, memberId: string): JoinResult {
  return { errorCode, memberId, generation: -1, protocol: '', leaderId: '', members: [] }
}
