import { OrderedQueue } from './ordered-queue.ts'

/**
 * Things that each have a time, of which the earliest is asked for again and again. A time may grow while it waits, or become +Infinity, which takes
 * the thing out: it is looked at anew only when its old time comes first, so moving it costs nothing.
 */
export class MovingTimers<T> {
  readonly #timeOf: (item: T) => number
  readonly #queue = new OrderedQueue<Timed<T>>((a, b) => a.time < b.time)
  /** What is in the queue. */
  readonly #items = new Set<T>()

  constructor(timeOf: (item: T) => number) {
    this.#timeOf = timeOf
  }

  /** Puts an item in, unless it is there. */
  add(item: T): void {
    if (this.#items.has(item)) return
    this.#items.add(item)
    this.#queue.add({ time: this.#timeOf(item), item })
  }

  /** The item's time has become earlier. */
  lower(item: T): void {
    this.#items.add(item)
    this.#queue.add({ time: this.#timeOf(item), item })
  }

  /** The earliest time; +Infinity when there is none. */
  get next(): number {
    for (let first = this.#queue.first; first !== undefined; first = this.#queue.first) {
      const time = this.#timeOf(first.item)
      if (time <= first.time) return first.time
      this.#queue.take()
      if (time === Number.POSITIVE_INFINITY) this.#items.delete(first.item)
      else this.#queue.add({ time, item: first.item })
    }
    return Number.POSITIVE_INFINITY
  }

  /** Takes the earliest item out; `next` must have said that there is one. */
  take(): T {
    const { item } = this.#queue.take()!
    this.#items.delete(item)
    return item
  }

  clear(): void {
    this.#queue.clear()
    this.#items.clear()
  }
}

interface Timed<T> {
  readonly time: number
  readonly item: T
}
