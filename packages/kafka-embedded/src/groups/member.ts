export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** What a consumer says of itself when it joins. */
export interface MemberSpec {
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
}

export interface JoinResult {
  readonly errorCode: number
  readonly memberId: string
  readonly generation: number
  readonly protocol: string
  readonly leaderId: string
  /** Filled for the leader only, who assigns. */
  readonly members: readonly { id: string; instanceId: string | null; metadata: Buffer }[]
}

export interface SyncResult {
  readonly errorCode: number
  readonly assignment: Buffer
}

const noBytes = Buffer.alloc(0)

/** A member of a group, with the answers that it waits for. */
export class Member {
  readonly id: string
  spec: MemberSpec
  assignment: Buffer = noBytes
  answerJoin: ((result: JoinResult) => void) | undefined
  answerSync: ((result: SyncResult) => void) | undefined
  readonly #onSilence: () => void
  #session: NodeJS.Timeout | undefined

  constructor(id: string, spec: MemberSpec, onSilence: () => void) {
    this.id = id
    this.spec = spec
    this.#onSilence = onSilence
  }

  metadataFor(protocol: string): Buffer {
    return this.spec.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes
  }

  supports(protocol: string): boolean {
    return this.spec.protocols.some(({ name }) => name === protocol)
  }

  hasSameProtocols(protocols: readonly MemberProtocol[]): boolean {
    const own = this.spec.protocols
    return (
      own.length === protocols.length &&
      own.every(({ name, metadata }, index) => {
        const other = protocols[index]!
        return name === other.name && metadata.equals(other.metadata)
      })
    )
  }

  /** Starts the session timeout again. A member that waits for an answer of the group is not silent. */
  heard(): void {
    clearTimeout(this.#session)
    this.#session = setTimeout(() => {
      if (this.answerJoin === undefined && this.answerSync === undefined) this.#onSilence()
      else this.heard()
    }, this.spec.sessionTimeoutMs)
    this.#session.unref()
  }

  /** Answers what is open with an error and stops the session. */
  dismiss(errorCode: number): void {
    clearTimeout(this.#session)
    this.resolveJoin({ errorCode, memberId: this.id, generation: -1, protocol: '', leaderId: '', members: [] })
    this.resolveSync(errorCode)
  }

  resolveJoin(result: JoinResult): void {
    const answer = this.answerJoin
    this.answerJoin = undefined
    answer?.(result)
  }

  resolveSync(errorCode: number): void {
    const answer = this.answerSync
    this.answerSync = undefined
    answer?.({ errorCode, assignment: errorCode === 0 ? this.assignment : noBytes })
  }
}
