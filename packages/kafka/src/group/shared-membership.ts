import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { kafkaError } from '../errors.ts'
import type { GroupMember } from '../kafka-client.ts'

/** One source that takes part. */
export interface SeatOptions {
  /** Identifies the run of a job: all its sources have the same. */
  readonly run: AbortSignal
  readonly cluster: KafkaCluster
  readonly groupId: string
  readonly topic: string
  readonly sessionTimeoutMs: number
  /** Called whenever the partitions have changed, after the first time. */
  onAssignment(): void
  /** Called once when the membership has ended for a reason that does not go away by itself. */
  onFailure(cause: Error): void
}

/** The membership in a group as one source sees it. */
export interface Seat {
  /** Joins the group, for all sources that have a seat by then; they wait for the same first assignment. */
  join(): Promise<void>
  assigned(): readonly number[]
  /** The last one to leave ends the membership. */
  leave(): Promise<void>
}

/** By run of a job. */
const memberships = new WeakMap<AbortSignal, Set<SharedMembership>>()

/**
 * A seat in the membership that all sources of a job share. A member for each source could not do: the group would give the partitions of a task to
 * different processes, or at different times.
 */
export function takeSeat(options: SeatOptions): Seat {
  const { run, cluster, groupId } = options
  const all = memberships.get(run) ?? new Set()
  memberships.set(run, all)
  const known = [...all].find(one => one.isOpen && one.groupId === groupId && one.clusterName === cluster.name)
  const membership = known ?? new SharedMembership(options, all)
  return membership.seat(options)
}

class SharedMembership {
  readonly groupId: string
  readonly clusterName: string
  readonly #cluster: KafkaCluster
  readonly #run: AbortSignal
  readonly #all: Set<SharedMembership>
  readonly #seats = new Set<SeatOptions>()
  #joining: Promise<GroupMember> | undefined
  #member: GroupMember | undefined

  constructor({ cluster, groupId, run }: SeatOptions, all: Set<SharedMembership>) {
    this.groupId = groupId
    this.clusterName = cluster.name
    this.#cluster = cluster
    this.#run = run
    this.#all = all
    all.add(this)
  }

  /** False once it has joined: topics cannot be added any more. */
  get isOpen(): boolean {
    return this.#joining === undefined
  }

  seat(options: SeatOptions): Seat {
    this.#seats.add(options)
    return {
      join: () => this.#join(),
      assigned: () => this.#member?.assigned(options.topic) ?? [],
      leave: () => this.#leave(options),
    }
  }

  async #join(): Promise<void> {
    const [other] = [...this.#all].filter(one => one !== this)
    if (other !== undefined)
      throw kafkaError(
        'KAFKA_OPTION_INVALID',
        `the sources of one job share their partitions in different groups (${this.groupId} at ${this.clusterName}, ${other.groupId} at ${other.clusterName}), which cannot give partition i of each to one process. ` +
          `Give them one groupId and the same brokers, or assignment: 'all' or a list of partitions.`,
      )
    const seats = [...this.#seats]
    const sessionTimeoutMs = Math.min(...seats.map(seat => seat.sessionTimeoutMs))
    this.#joining ??= this.#cluster.client.joinGroup({
      brokers: this.#cluster.seeds,
      groupId: this.groupId,
      topics: [...new Set(seats.map(({ topic }) => topic))],
      sessionTimeoutMs,
      heartbeatMs: Math.min(1_000, sessionTimeoutMs / 3),
      signal: this.#run,
      onAssignment: () => {
        for (const seat of this.#seats) seat.onAssignment()
      },
      onFailure: cause => {
        for (const seat of this.#seats) seat.onFailure(cause)
      },
    })
    this.#member = await this.#joining
  }

  async #leave(seat: SeatOptions): Promise<void> {
    this.#seats.delete(seat)
    if (this.#seats.size > 0) return
    this.#all.delete(this)
    const member = await this.#joining?.catch(() => undefined)
    await member?.leave()
  }
}
