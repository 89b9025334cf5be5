import { StableHeap } from './stable-heap.ts'

/**
 * Timers in order of time, and of registration among equals. Most are set in that order, e.g. when each is the record's time plus something: those
 * stand in a row and cost next to nothing; only one that is set for a time before the row's end goes into a heap.
 */
export class TimerQueue<T> {
  #times = new Float64Array(64)
  #order = new Float64Array(64)
  #items: (T | undefined)[] = []
  /** The row's timers stand from `first` to before `end`. */
  #first = 0
  #end = 0
  readonly #heap = new StableHeap<T>()
  #registered = 0

  get size(): number {
    return this.#end - this.#first + this.#heap.size
  }

  /** Time of the first timer; +Infinity when there is none. */
  get nextTime(): number {
    const inRow = this.#first === this.#end ? Number.POSITIVE_INFINITY : this.#times[this.#first]!
    return Math.min(inRow, this.#heap.nextTime)
  }

  add(time: number, item: T): void {
    const order = this.#registered++
    if (this.#first !== this.#end && time < this.#times[this.#end - 1]!) {
      this.#heap.add(time, order, item)
      return
    }
    if (this.#end === this.#times.length) this.#makeRoom()
    const at = this.#end++
    this.#times[at] = time
    this.#order[at] = order
    this.#items[at] = item
  }

  /** Takes the first timer out; the queue must not be empty. */
  take(): T {
    const first = this.#first
    if (first === this.#end) return this.#heap.take()
    const time = this.#times[first]!
    if (this.#heap.nextTime < time || (this.#heap.nextTime === time && this.#heap.nextOrder < this.#order[first]!))
      return this.#heap.take()
    const item = this.#items[first] as T
    this.#items[first] = undefined
    this.#first = first + 1
    if (this.#first === this.#end) this.#first = this.#end = 0
    return item
  }

  clear(): void {
    this.#first = this.#end = 0
    this.#items = []
    this.#heap.clear()
  }

  /** Moves the row to the front when half of the columns is behind it, else makes them twice as long. */
  #makeRoom(): void {
    const first = this.#first
    const size = this.#end - first
    if (first < size) {
      this.#times = grown(this.#times, this.#end)
      this.#order = grown(this.#order, this.#end)
      return
    }
    this.#times.copyWithin(0, first, this.#end)
    this.#order.copyWithin(0, first, this.#end)
    this.#items = this.#items.slice(first, this.#end)
    this.#first = 0
    this.#end = size
  }
}

function grown(column: Float64Array, used: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(used * 2)
  larger.set(column.subarray(0, used))
  return larger
}
