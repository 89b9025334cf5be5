import { NO_GENERATION, type Subscription } from './membership-records.ts'

/** What a member owns, and since when: what it says when the group deals anew. */
export class GroupClaim implements Subscription {
  readonly topics: readonly string[]
  #owned: ReadonlyMap<string, readonly number[]> = new Map()
  #generation = NO_GENERATION

  constructor(topics: readonly string[]) {
    this.topics = topics
  }

  get owned(): ReadonlyMap<string, readonly number[]> {
    return this.#owned
  }

  get generation(): number {
    return this.#generation
  }

  /** Takes an assignment. kafkajs does not say of which generation it is: it is a later one than that before. */
  assign(partitions: Readonly<Record<string, readonly number[] | undefined>>): void {
    const owned = new Map<string, readonly number[]>()
    for (const topic of this.topics) {
      const numbers = [...(partitions[topic] ?? [])].sort((one, other) => one - other)
      if (numbers.length > 0) owned.set(topic, numbers)
    }
    this.#owned = owned
    this.#generation++
  }

  /** The group answers a heartbeat in this generation: the assignment is of no other. */
  heard(generation: number): void {
    this.#generation = generation
  }
}
