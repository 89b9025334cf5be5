/** Timers in order of time, and of registration among equals: a binary heap over columns. */
export class TimerQueue<T> {
  #times = new Float64Array(64)
  #order = new Float64Array(64)
  readonly #items: (T | undefined)[] = []
  #size = 0
  #registered = 0

  get size(): number {
    return this.#size
  }

  /** Time of the first timer; +Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  add(time: number, item: T): void {
    if (this.#size === this.#times.length) this.#grow()
    let at = this.#size++
    const order = this.#registered++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(time, order, parent)) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, time, order, item)
  }

  /** Takes the first timer out; the queue must not be empty. */
  take(): T {
    const first = this.#items[0] as T
    const lastAt = --this.#size
    const time = this.#times[lastAt]!
    const order = this.#order[lastAt]!
    const item = this.#items[lastAt] as T
    this.#items[lastAt] = undefined
    if (lastAt > 0) this.#sink(time, order, item)
    return first
  }

  #sink(time: number, order: number, item: T): void {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && this.#isBefore(this.#times[child + 1]!, this.#order[child + 1]!, child)) child++
      if (this.#isBefore(time, order, child)) break
      this.#move(child, at)
      at = child
    }
    this.#put(at, time, order, item)
  }

  #isBefore(time: number, order: number, other: number): boolean {
    const otherTime = this.#times[other]!
    return time < otherTime || (time === otherTime && order < this.#order[other]!)
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!
    this.#order[to] = this.#order[from]!
    this.#items[to] = this.#items[from]
  }

  #put(at: number, time: number, order: number, item: T): void {
    this.#times[at] = time
    this.#order[at] = order
    this.#items[at] = item
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2)
    times.set(this.#times)
    this.#times = times
    const order = new Float64Array(times.length)
    order.set(this.#order)
    this.#order = order
  }
}
