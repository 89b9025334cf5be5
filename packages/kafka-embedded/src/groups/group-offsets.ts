import type { ChangeLog, JournalEntry, OffsetEntry } from '../storage/journal.ts'

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata: string | null
}

/** A group's committed offsets, and those that wait for the end of a transaction. */
export class GroupOffsets {
  readonly #group: string
  readonly #changes: ChangeLog
  readonly #committed = new Map<string, CommittedOffset>()
  readonly #pending = new Map<number, Map<string, CommittedOffset>>()

  constructor(group: string, changes: ChangeLog) {
    this.#group = group
    this.#changes = changes
  }

  get isEmpty(): boolean {
    return this.#committed.size === 0 && this.#pending.size === 0
  }

  all(): CommittedOffset[] {
    return [...this.#committed.values()]
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(keyOf(topic, partition))
  }

  commit(offsets: readonly CommittedOffset[]): void {
    for (const offset of offsets) this.#committed.set(keyOf(offset.topic, offset.partition), offset)
    this.#changes.append(...offsets.map(offset => entryOf(this.#group, offset)))
  }

  /** Keeps offsets until the producer's transaction ends. */
  commitInTransaction(producerId: number, offsets: readonly CommittedOffset[]): void {
    const pending = this.#pendingOf(producerId)
    for (const offset of offsets) pending.set(keyOf(offset.topic, offset.partition), offset)
    this.#changes.append(...offsets.map(offset => ({ ...entryOf(this.#group, offset), pendingProducerId: producerId })))
  }

  endTransaction(producerId: number, commit: boolean): void {
    const pending = this.#pending.get(producerId)
    if (pending === undefined) return
    this.#apply(producerId, commit)
    this.#changes.append({ kind: 'pendingOffsetsEnded', group: this.#group, producerId, commit })
  }

  deleteTopic(topic: string): void {
    for (const [key, offset] of this.#committed) {
      if (offset.topic === topic) this.#committed.delete(key)
    }
  }

  restore(entry: JournalEntry): void {
    if (entry.kind === 'pendingOffsetsEnded') this.#apply(entry.producerId, entry.commit)
    if (entry.kind !== 'offset') return
    const { topic, partition, offset, metadata, pendingProducerId } = entry
    const target = pendingProducerId === undefined ? this.#committed : this.#pendingOf(pendingProducerId)
    target.set(keyOf(topic, partition), { topic, partition, offset, metadata })
  }

  *snapshot(): Iterable<JournalEntry> {
    for (const offset of this.#committed.values()) yield entryOf(this.#group, offset)
    for (const [pendingProducerId, offsets] of this.#pending) {
      for (const offset of offsets.values()) yield { ...entryOf(this.#group, offset), pendingProducerId }
    }
  }

  #apply(producerId: number, commit: boolean): void {
    const pending = this.#pending.get(producerId) ?? new Map<string, CommittedOffset>()
    this.#pending.delete(producerId)
    if (!commit) return
    for (const [key, offset] of pending) this.#committed.set(key, offset)
  }

  #pendingOf(producerId: number): Map<string, CommittedOffset> {
    let pending = this.#pending.get(producerId)
    if (pending === undefined) this.#pending.set(producerId, (pending = new Map()))
    return pending
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

function entryOf(group: string, { topic, partition, offset, metadata }: CommittedOffset): OffsetEntry {
  return { kind: 'offset', group, topic, partition, offset, metadata }
}
