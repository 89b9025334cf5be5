import { TimerQueue } from '../../time/timer-queue.ts'

/** What a `SweepQueue` looks after. */
export interface Swept {
  /** When it is looked at though no row comes for it; +Infinity when no time is set. */
  sweepAt: number
  /** It was empty when it was looked at last, and is forgotten when it is so once more: a key that is busy is not made anew again and again. */
  wasEmpty: boolean
  readonly isEmpty: boolean
}

/**
 * Finds keys that come no more, so that what has expired of them is dropped: in bulk, up to `delay` later than it could be, so that the cost of a row does
 * not grow with the number of its neighbours.
 */
export class SweepQueue<E extends Swept> {
  readonly #queue = new TimerQueue<E>()
  readonly #delay: number

  constructor(delay: number) {
    this.#delay = Math.max(1, Math.ceil(delay))
  }

  get nextTime(): number {
    return this.#queue.nextTime
  }

  /** Something of the entry expires at `time`. */
  schedule(entry: E, time: number): void {
    if (time + 2 * this.#delay >= entry.sweepAt) return
    entry.sweepAt = time + this.#delay
    this.#queue.add(entry.sweepAt, entry)
  }

  /** Takes out an entry whose time has come; undefined when there is none. */
  takeDue(time: number): E | undefined {
    while (this.#queue.size > 0 && this.#queue.nextTime <= time) {
      const due = this.#queue.nextTime
      const entry = this.#queue.take()
      // Another time was set since, for something that expires much earlier.
      if (due !== entry.sweepAt) continue
      entry.sweepAt = Number.POSITIVE_INFINITY
      return entry
    }
    return undefined
  }

  /** True when the entry can be forgotten; else it is looked at again, if only to see whether it has stayed empty. */
  isDone(entry: E, time: number): boolean {
    if (entry.isEmpty && entry.wasEmpty) return true
    entry.wasEmpty = entry.isEmpty
    // At the end of the input nothing more is to come.
    if (entry.isEmpty && time === Number.POSITIVE_INFINITY) return true
    if (entry.isEmpty) this.schedule(entry, time)
    return false
  }
}
