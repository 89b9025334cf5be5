import { TimerQueue } from '../../time/timer-queue.ts'
import type { WindowEntry } from './window-entry.ts'
import type { WallClockClosing } from './window-options.ts'

/**
 * Says when the wall clock closes a window: `delayMs` behind its end, and not before as much has passed since its last record, so that a job that
 * catches up on old records does not close their windows as soon as it opens them.
 */
export class WallClock {
  readonly #delayMs: number
  #queue = new TimerQueue<WindowEntry>()
  /** Windows that end here or before are closed, but for those still open. */
  closedUpTo = Number.NEGATIVE_INFINITY

  constructor({ delayMs }: WallClockClosing) {
    this.#delayMs = delayMs
  }

  /** When a window is due next; it may turn out then that it has got a record meanwhile. */
  get nextTime(): number {
    return this.#queue.nextTime
  }

  watch(entry: WindowEntry): void {
    this.#queue.add(this.#dueAt(entry), entry)
  }

  /** Watches these windows alone. */
  reset(entries: Iterable<WindowEntry>): void {
    this.#queue = new TimerQueue()
    for (const entry of entries) this.watch(entry)
  }

  /** The window is closed, and with it all that end no later and are not open. */
  close({ window }: WindowEntry): void {
    this.closedUpTo = Math.max(this.closedUpTo, window.end)
  }

  /** Takes a window that is to be closed at `now`; undefined when there is none. */
  take(now: number): WindowEntry | undefined {
    while (this.#queue.size > 0 && this.#queue.nextTime <= now) {
      const entry = this.#queue.take()
      if (entry.isGone) continue
      if (this.#dueAt(entry) <= now) return entry
      this.watch(entry)
    }
    return undefined
  }

  /** How far a record at `now` is behind the moment at which its window was closed, ms. */
  lateBy(end: number, now: number): number {
    return Math.max(0, now - end - this.#delayMs)
  }

  #dueAt(entry: WindowEntry): number {
    return Math.max(entry.window.end, entry.touchedAt) + this.#delayMs
  }
}
