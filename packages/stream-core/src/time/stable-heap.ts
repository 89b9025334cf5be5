/** A heap of items by time, first come first served among equals. Four children a node: half as deep as two, and they share a cache line. */
export class StableHeap<T> {
  #times = new Float64Array(64)
  #order = new Float64Array(64)
  #items: (T | undefined)[] = []
  #size = 0
  #added = 0

  get size(): number {
    return this.#size
  }

  /** Time of the first item; +Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  add(time: number, item: T): void {
    const order = this.#added++
    if (this.#size === this.#times.length) this.#grow()
    const times = this.#times
    const orders = this.#order
    const items = this.#items
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 2
      const parentTime = times[parent]!
      if (parentTime < time || (parentTime === time && orders[parent]! < order)) break
      times[at] = parentTime
      orders[at] = orders[parent]!
      items[at] = items[parent]
      at = parent
    }
    times[at] = time
    orders[at] = order
    items[at] = item
  }

  /** Takes the first item out; the heap must not be empty. */
  take(): T {
    const first = this.#items[0] as T
    const last = --this.#size
    const item = this.#items[last] as T
    this.#items[last] = undefined
    if (last > 0) this.#sink(this.#times[last]!, this.#order[last]!, item)
    return first
  }

  /** Visits all items, those of the same time in their order. */
  forEach(visit: (item: T) => void): void {
    const places = Array.from({ length: this.#size }, (_, at) => at)
    for (const at of places.sort((a, b) => this.#order[a]! - this.#order[b]!)) visit(this.#items[at] as T)
  }

  clear(): void {
    this.#size = 0
    this.#items = []
  }

  /** Puts the item where the first one was, and lets it sink to its place. */
  #sink(time: number, order: number, item: T): void {
    const times = this.#times
    const orders = this.#order
    const items = this.#items
    const size = this.#size
    let at = 0
    for (;;) {
      const firstChild = 4 * at + 1
      if (firstChild >= size) break
      const end = Math.min(firstChild + 4, size)
      let child = firstChild
      let childTime = times[child]!
      for (let i = firstChild + 1; i < end; i++) {
        const other = times[i]!
        if (other > childTime || (other === childTime && orders[i]! > orders[child]!)) continue
        child = i
        childTime = other
      }
      if (time < childTime || (time === childTime && order < orders[child]!)) break
      times[at] = childTime
      orders[at] = orders[child]!
      items[at] = items[child]
      at = child
    }
    times[at] = time
    orders[at] = order
    items[at] = item
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
