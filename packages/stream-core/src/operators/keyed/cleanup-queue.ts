import type { TtlClock } from '../../state/state-ttl.ts'
import { TimerQueue } from '../../time/timer-queue.ts'
import type { KeyEntry } from './key-table.ts'

/**
 * When state of which keys is to be looked at, by one clock. A key stands here once, at the earliest time, however often its state is written; times
 * are coarse (`cleanupTime`), so keys share them.
 */
export class CleanupQueue {
  readonly clock: TtlClock
  readonly #times = new TimerQueue<number>()
  readonly #entriesAt = new Map<number, Set<KeyEntry>>()
  readonly #timeOf = new Map<KeyEntry, number>()

  constructor(clock: TtlClock) {
    this.clock = clock
  }

  /** +Infinity when there is nothing to look at. */
  get nextTime(): number {
    return this.#times.nextTime
  }

  /** Looks at the entry at `time`, or before. */
  schedule(entry: KeyEntry, time: number): void {
    const before = this.#timeOf.get(entry)
    if (before !== undefined) {
      if (before <= time) return
      this.#entriesAt.get(before)!.delete(entry)
    }
    this.#timeOf.set(entry, time)
    const others = this.#entriesAt.get(time)
    if (others !== undefined) {
      others.add(entry)
      return
    }
    this.#entriesAt.set(time, new Set([entry]))
    this.#times.add(time, time)
  }

  /** The entries of the earliest time, if it is no later than `now`. */
  take(now: number): ReadonlySet<KeyEntry> | undefined {
    if (this.#times.size === 0 || this.#times.nextTime > now) return undefined
    const time = this.#times.take()
    const entries = this.#entriesAt.get(time)!
    this.#entriesAt.delete(time)
    for (const entry of entries) this.#timeOf.delete(entry)
    return entries
  }

  forget(entry: KeyEntry): void {
    const time = this.#timeOf.get(entry)
    if (time === undefined) return
    this.#entriesAt.get(time)!.delete(entry)
    this.#timeOf.delete(entry)
  }

  clear(): void {
    this.#times.clear()
    this.#entriesAt.clear()
    this.#timeOf.clear()
  }
}
