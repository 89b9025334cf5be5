import { MonotoneQueue } from './monotone-queue.ts'
import { StableHeap } from './stable-heap.ts'

/**
 * Timers in order of time, and of registration among equals. Most are set in that order, e.g. when each is the record's time plus something: those
 * stand in a row and cost next to nothing. One that is set for a time before the row's end goes into a queue beside it; few ever go into the heap:
 * those behind what was taken already, and fractions of milliseconds.
 */
export class TimerQueue<T> {
  /** Time of the first timer; +Infinity when there is none. */
  nextTime = Number.POSITIVE_INFINITY
  #times = new Float64Array(64)
  #items: (T | undefined)[] = []
  /** The row's timers stand from `first` to before `end`. */
  #first = 0
  #end = 0
  // As long as there are others, the row's last timer is behind all of them; so one of the row was set before those of the same time.
  readonly #others = new MonotoneQueue<T>()
  readonly #strays = new StableHeap<T>()

  get size(): number {
    return this.#end - this.#first + this.#others.size + this.#strays.size
  }

  add(time: number, item: T): void {
    if (time < this.nextTime) this.nextTime = time
    if (this.#first !== this.#end && time < this.#times[this.#end - 1]!) {
      if (this.#others.takes(time)) this.#others.add(time, item)
      else this.#strays.add(time, item)
      return
    }
    if (this.#end === this.#times.length) this.#makeRoom()
    const at = this.#end++
    this.#times[at] = time
    this.#items[at] = item
  }

  /** Takes the first timer out; the queue must not be empty. */
  take(): T {
    const time = this.nextTime
    const others = this.#others
    let item: T
    if (this.#first !== this.#end && this.#times[this.#first] === time) {
      item = this.#items[this.#first] as T
      this.#items[this.#first] = undefined
      this.#first++
      if (this.#first === this.#end) this.#first = this.#end = 0
    } else {
      item = others.nextTime === time ? others.take() : this.#strays.take()
    }
    const inRow = this.#first === this.#end ? Number.POSITIVE_INFINITY : this.#times[this.#first]!
    this.nextTime = Math.min(inRow, others.nextTime, this.#strays.nextTime)
    return item
  }

  /** Visits all timers, those of the same time in the order in which they were set. */
  forEach(visit: (item: T) => void): void {
    for (let at = this.#first; at < this.#end; at++) visit(this.#items[at] as T)
    this.#others.forEach(visit)
    this.#strays.forEach(visit)
  }

  clear(): void {
    this.nextTime = Number.POSITIVE_INFINITY
    this.#first = this.#end = 0
    this.#items = []
    this.#others.clear()
    this.#strays.clear()
  }

  /** Moves the row to the front when half of the columns is behind it, else makes them twice as long. */
  #makeRoom(): void {
    const first = this.#first
    const size = this.#end - first
    if (first < size) {
      const times = new Float64Array(this.#end * 2)
      times.set(this.#times)
      this.#times = times
      return
    }
    this.#times.copyWithin(0, first, this.#end)
    this.#items = this.#items.slice(first, this.#end)
    this.#first = 0
    this.#end = size
  }
}
