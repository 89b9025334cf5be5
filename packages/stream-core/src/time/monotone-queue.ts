/**
 * Items by time, first come first served among equals, for times that are never before the last one that was taken: a radix heap (Ahuja, Mehlhorn,
 * Orlin, Tarjan 1990) with digits of 5 bits. An item lies in the bucket of the highest digit in which its time differs from that last one; when
 * the nearest bucket is wanted, its items move on to nearer ones, a few times in all. They do so in sequence, where a heap of a million items
 * jumps through memory for each.
 */
export class MonotoneQueue<T> {
  size = 0
  /** Time of the first item; +Infinity when there is none. */
  nextTime = Number.POSITIVE_INFINITY
  /** By level, the place of a digit counted from the lowest, and digit; made when they are needed. */
  readonly #buckets: (Bucket<T> | undefined)[] = []
  /** For each level, one bit for each digit whose bucket holds something. */
  readonly #filled = new Int32Array(LEVELS)
  /** Time of the last item taken, in two halves. */
  #lastHigh = 0
  #lastLow = 0

  /** True for a time that may be added: a whole number that is not before the last one taken. */
  takes(time: number): boolean {
    const at = time + OFFSET
    return at >= this.#lastHigh * HALF + this.#lastLow && at < LIMIT && Number.isInteger(time)
  }

  add(time: number, item: T): void {
    this.#put(time, item)
    this.size++
    if (time < this.nextTime) this.nextTime = time
  }

  /** Takes the first item out; the queue must not be empty. */
  take(): T {
    if (this.#filled[0] === 0) this.#bringNear()
    // In a bucket of the lowest digit all times are equal.
    const digit = lowestBit(this.#filled[0]!)
    const bucket = this.#buckets[digit]!
    this.#setLast(bucket.least)
    const item = bucket.takeFirst()
    this.size--
    if (bucket.size === 0) {
      this.#filled[0]! &= ~(1 << digit)
      this.nextTime = this.size === 0 ? Number.POSITIVE_INFINITY : this.#buckets[this.#nearest()]!.least
    }
    return item
  }

  /** Visits all items, those of the same time in their order. */
  forEach(visit: (item: T) => void): void {
    for (const bucket of this.#buckets) bucket?.forEach(visit)
  }

  clear(): void {
    this.#buckets.length = 0
    this.#filled.fill(0)
    this.#lastHigh = this.#lastLow = this.size = 0
    this.nextTime = Number.POSITIVE_INFINITY
  }

  /** Makes the first item's time the last one taken, and moves the items of its bucket to where they now belong. */
  #bringNear(): void {
    const index = this.#nearest()
    const bucket = this.#buckets[index]!
    this.#setLast(bucket.least)
    this.#filled[index >> BITS]! &= ~(1 << (index & DIGIT))
    const { times, items, size } = bucket
    for (let i = 0; i < size; i++) this.#put(times[i]!, items[i]!)
    bucket.clear()
  }

  #setLast(time: number): void {
    const at = time + OFFSET
    this.#lastHigh = Math.floor(at / HALF)
    this.#lastLow = at - this.#lastHigh * HALF
  }

  #put(time: number, item: T): void {
    const at = time + OFFSET
    const high = Math.floor(at / HALF)
    const low = at - high * HALF
    const differsHigh = high ^ this.#lastHigh
    let level: number
    let digit: number
    if (differsHigh === 0) {
      level = LEVEL_OF_BIT[32 - Math.clz32(low ^ this.#lastLow)]!
      digit = (low >>> (level * BITS)) & DIGIT
    } else {
      const own = LEVEL_OF_BIT[32 - Math.clz32(differsHigh)]!
      digit = (high >>> (own * BITS)) & DIGIT
      level = own + LOW_LEVELS
    }
    const index = (level << BITS) | digit
    let bucket = this.#buckets[index]
    if (bucket === undefined) {
      while (this.#buckets.length < index) this.#buckets.push(undefined)
      bucket = new Bucket<T>()
      this.#buckets[index] = bucket
    }
    this.#filled[level]! |= 1 << digit
    bucket.add(time, item)
  }

  /** The bucket with the first items. */
  #nearest(): number {
    let level = 0
    while (this.#filled[level] === 0) level++
    return (level << BITS) | lowestBit(this.#filled[level]!)
  }
}

class Bucket<T> {
  times: number[] = []
  items: (T | undefined)[] = []
  /** Those from `taken` on, of `end`. */
  #taken = 0
  #end = 0
  least = Number.POSITIVE_INFINITY

  get size(): number {
    return this.#end - this.#taken
  }

  add(time: number, item: T): void {
    const at = this.#end++
    if (at === 0 || time < this.least) this.least = time
    this.times[at] = time
    this.items[at] = item
  }

  takeFirst(): T {
    const item = this.items[this.#taken] as T
    this.items[this.#taken++] = undefined
    if (this.#taken === this.#end) this.#taken = this.#end = 0
    return item
  }

  forEach(visit: (item: T) => void): void {
    for (let at = this.#taken; at < this.#end; at++) visit(this.items[at] as T)
  }

  /** Lets go of what it holds. Small columns serve again, since most buckets are small and fill again and again. */
  clear(): void {
    if (this.#end > MOST_KEPT) {
      this.times = []
      this.items = []
    } else {
      for (let i = 0; i < this.#end; i++) this.items[i] = undefined
    }
    this.#taken = this.#end = 0
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}

const BITS = 5
const DIGIT = (1 << BITS) - 1
/** Times are compared by bits, so they are made unsigned: those from -2^52 to 2^52, in halves of 30 and 23 bits. */
const OFFSET = 2 ** 52
const LIMIT = 2 ** 53
const HALF = 2 ** 30
const LOW_LEVELS = 6
const LEVELS = LOW_LEVELS + 5
/** The level of the digit with the n-th bit, counted from 1; of no bit, the lowest. */
const LEVEL_OF_BIT = Uint8Array.from({ length: 33 }, (_, bit) => Math.floor(Math.max(0, bit - 1) / BITS))
/** Records of a bucket whose columns are worth keeping. */
const MOST_KEPT = 256
