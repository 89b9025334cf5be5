import { randomUUID } from 'node:crypto'
import type { ChangeLog, JournalEntry } from '../storage/journal.ts'
import { Group } from './group.ts'
import { GroupOffsets } from './group-offsets.ts'

/** Holds all consumer groups. */
export class GroupCoordinator {
  readonly #groups = new Map<string, Group>()
  readonly #initialDelayMs: number
  readonly #changes: ChangeLog

  /** The first generation of a group is complete this long after its first member came. */
  constructor(initialDelayMs: number, changes: ChangeLog) {
    this.#initialDelayMs = initialDelayMs
    this.#changes = changes
  }

  all(): Group[] {
    return [...this.#groups.values()]
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id)
  }

  getOrCreate(id: string): Group {
    let group = this.#groups.get(id)
    if (group === undefined) {
      group = new Group(id, new GroupOffsets(id, this.#changes), this.#initialDelayMs, makeMemberId)
      this.#groups.set(id, group)
    }
    return group
  }

  delete(group: Group): void {
    group.dissolve()
    this.#groups.delete(group.id)
    this.#changes.append({ kind: 'groupDeleted', group: group.id })
  }

  /** Forgets what the groups committed on a topic that is gone. */
  topicDeleted(topic: string): void {
    for (const group of this.#groups.values()) group.offsets.deleteTopic(topic)
  }

  restore(entries: JournalEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'groupDeleted') this.#groups.delete(entry.group)
      else if (entry.kind === 'topicDeleted') this.topicDeleted(entry.name)
      else if (entry.kind === 'offset' || entry.kind === 'pendingOffsetsEnded') {
        this.getOrCreate(entry.group).offsets.restore(entry)
      }
    }
  }

  *snapshot(): Iterable<JournalEntry> {
    for (const group of this.#groups.values()) yield* group.offsets.snapshot()
  }

  close(): void {
    for (const group of this.#groups.values()) group.close()
  }
}

function makeMemberId(clientId: string): string {
  return `${clientId === '' ? 'member' : clientId}-${randomUUID()}`
}
