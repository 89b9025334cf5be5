import { encodeKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { TimerQueue } from '../../time/timer-queue.ts'
import type { SnapshotScope } from '../operator.ts'

/** Who sets timers: a key. */
export interface TimerOwner {
  readonly key: Key
  /** Unique among owners, below 2^53. */
  readonly id: number
  /** How many timers it has, in all clocks. */
  timers: number
}

/**
 * Timers of all keys by one clock: one a key and time, taken in order of time and of setting. A timer is a slot in columns; a chained hash over
 * (key, time) finds it, a list in order of setting says what the last snapshot has not seen. No object or Map for each timer or key.
 */
export class KeyedTimers<Owner extends TimerOwner> {
  /** Of the timer that was taken last. */
  time = Number.NaN
  readonly #queue = new TimerQueue<number>()
  // Columns by slot; slot 0 is never used, so that 0 means none.
  #times = new Float64Array(FIRST_CAPACITY)
  #owners: (Owner | undefined)[] = [undefined]
  #marks = new Uint8Array(FIRST_CAPACITY)
  /** The next slot with the same hash; of a free slot, the next free one. */
  #chain = new Int32Array(FIRST_CAPACITY)
  #earlier = new Int32Array(FIRST_CAPACITY)
  #later = new Int32Array(FIRST_CAPACITY)
  #buckets = new Int32Array(FIRST_CAPACITY)
  #used = 1
  #free = 0
  #first = 0
  #last = 0
  /** The first in the list that no snapshot holds. */
  #firstNew = 0
  /** Timers in the queue that were deleted since. */
  #deleted = 0
  #size = 0
  #registered = 0
  /** Deleted timers that a snapshot holds. One that fired need not be told: it follows from the clock. */
  #forgotten: { readonly key: Key; readonly time: number }[] = []

  get size(): number {
    return this.#size
  }

  /** How many were ever set. */
  get registered(): number {
    return this.#registered
  }

  /** Time at which `take` may have one, +Infinity when there is none; it may have been deleted. */
  get nextTime(): number {
    return this.#queue.nextTime
  }

  set(owner: Owner, time: number): void {
    if (this.#find(owner, time) !== 0) return
    const slot = this.#takeSlot()
    this.#times[slot] = time
    this.#owners[slot] = owner
    this.#marks[slot] = LIVE
    const bucket = this.#bucket(owner, time)
    this.#chain[slot] = this.#buckets[bucket]!
    this.#buckets[bucket] = slot
    this.#earlier[slot] = this.#last
    this.#later[slot] = 0
    if (this.#last === 0) this.#first = slot
    else this.#later[this.#last] = slot
    this.#last = slot
    if (this.#firstNew === 0) this.#firstNew = slot
    this.#queue.add(time, slot)
    this.#size++
    this.#registered++
    owner.timers++
  }

  delete(owner: Owner, time: number): void {
    const slot = this.#find(owner, time)
    if (slot === 0) return
    if (this.#marks[slot] === STORED) this.#forgotten.push({ key: owner.key, time })
    this.#remove(slot)
    // It stays in the queue and is passed over when its time comes, unless such timers become too many.
    this.#marks[slot] = DELETED
    this.#deleted++
    if (this.#deleted > MOST_DELETED && this.#deleted > this.#size) this.#fillQueue()
  }

  /** Takes the first timer that is due at `now`; undefined when there is none. */
  take(now: number): Owner | undefined {
    const queue = this.#queue
    while (queue.size > 0 && queue.nextTime <= now) {
      const slot = queue.take()
      if (this.#marks[slot] === DELETED) {
        this.#deleted--
        this.#release(slot)
        continue
      }
      const owner = this.#owners[slot]!
      this.time = this.#times[slot]!
      this.#remove(slot)
      this.#release(slot)
      return owner
    }
    return undefined
  }

  /** The earliest timer of the owner, +Infinity when it has none; looks at all timers. */
  firstOf(owner: Owner): number {
    let first = Number.POSITIVE_INFINITY
    for (let slot = this.#first; slot !== 0; slot = this.#later[slot]!) {
      if (this.#owners[slot] === owner) first = Math.min(first, this.#times[slot]!)
    }
    return first
  }

  clear(): void {
    for (let slot = this.#first; slot !== 0; slot = this.#later[slot]!) this.#owners[slot]!.timers--
    this.#queue.clear()
    this.#owners = [undefined]
    this.#buckets.fill(0)
    this.#used = 1
    this.#free = this.#first = this.#last = this.#firstNew = this.#deleted = this.#size = 0
    this.#forgotten = []
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    const forgotten = scope === 'all' ? [] : this.#forgotten
    state.uint(forgotten.length)
    for (const { key, time } of forgotten) state.text(encodeKey(key)).float64(time)
    this.#forgotten = []
    let before: Owner | undefined
    for (let slot = scope === 'all' ? this.#first : this.#firstNew; slot !== 0; slot = this.#later[slot]!) {
      const owner = this.#owners[slot]!
      if (owner === before) state.uint8(SAME_KEY)
      else state.uint8(KEY).text(encodeKey(owner.key))
      state.float64(this.#times[slot]!)
      this.#marks[slot] = STORED
      before = owner
    }
    state.uint8(END)
    this.#firstNew = 0
  }

  /** Adds to what was read before, and takes out what has fired since: all that is due at `now`. */
  read(state: StateReader, now: number, ownerOf: (text: string) => Owner): void {
    for (let left = state.uint(); left > 0; left--) {
      const owner = ownerOf(state.text())
      this.delete(owner, state.float64())
    }
    let owner: Owner | undefined
    for (let mark = state.uint8(); mark !== END; mark = state.uint8()) {
      if (mark === KEY) owner = ownerOf(state.text())
      this.set(owner!, state.float64())
      this.#marks[this.#last] = STORED
    }
    while (this.take(now) !== undefined);
    this.#firstNew = 0
    this.#forgotten = []
  }

  #find(owner: Owner, time: number): number {
    let slot = this.#buckets[this.#bucket(owner, time)]!
    while (slot !== 0 && (this.#times[slot] !== time || this.#owners[slot] !== owner)) slot = this.#chain[slot]!
    return slot
  }

  #bucket(owner: Owner, time: number): number {
    // The low 32 bits of each decide; fractions of milliseconds only make the chains longer.
    const mixed = Math.imul(time | 0, 0x9e3779b1) ^ Math.imul(owner.id | 0, 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & (this.#buckets.length - 1)
  }

  /** Takes the timer out of the hash and the list; its slot is still its own. */
  #remove(slot: number): void {
    const owner = this.#owners[slot]!
    const chain = this.#chain
    const bucket = this.#bucket(owner, this.#times[slot]!)
    let at = this.#buckets[bucket]!
    if (at === slot) {
      this.#buckets[bucket] = chain[slot]!
    } else {
      while (chain[at] !== slot) at = chain[at]!
      chain[at] = chain[slot]!
    }
    const earlier = this.#earlier[slot]!
    const later = this.#later[slot]!
    if (earlier === 0) this.#first = later
    else this.#later[earlier] = later
    if (later === 0) this.#last = earlier
    else this.#earlier[later] = earlier
    if (this.#firstNew === slot) this.#firstNew = later
    this.#owners[slot] = undefined
    owner.timers--
    this.#size--
  }

  #takeSlot(): number {
    const free = this.#free
    if (free !== 0) {
      this.#free = this.#chain[free]!
      return free
    }
    if (this.#used === this.#times.length) this.#grow()
    return this.#used++
  }

  #release(slot: number): void {
    this.#marks[slot] = FREE
    this.#chain[slot] = this.#free
    this.#free = slot
  }

  /** Puts every timer into the queue anew, in order of setting, and gives the slots of deleted ones back. */
  #fillQueue(): void {
    this.#queue.clear()
    for (let slot = 1; slot < this.#used; slot++) if (this.#marks[slot] === DELETED) this.#release(slot)
    for (let slot = this.#first; slot !== 0; slot = this.#later[slot]!) this.#queue.add(this.#times[slot]!, slot)
    this.#deleted = 0
  }

  #grow(): void {
    const capacity = this.#times.length * 2
    const times = new Float64Array(capacity)
    times.set(this.#times)
    this.#times = times
    const marks = new Uint8Array(capacity)
    marks.set(this.#marks)
    this.#marks = marks
    this.#chain = grown(this.#chain)
    this.#earlier = grown(this.#earlier)
    this.#later = grown(this.#later)
    this.#buckets = new Int32Array(capacity)
    for (let slot = this.#first; slot !== 0; slot = this.#later[slot]!) {
      const bucket = this.#bucket(this.#owners[slot]!, times[slot]!)
      this.#chain[slot] = this.#buckets[bucket]!
      this.#buckets[bucket] = slot
    }
  }
}

function grown(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(column.length * 2)
  larger.set(column)
  return larger
}

/** A power of two, as the number of buckets must be. */
const FIRST_CAPACITY = 64
/** Below this many deleted timers in the queue it is not worth making it anew. */
const MOST_DELETED = 1024

// What a slot holds.
const FREE = 0
const LIVE = 1
/** Live, and in a snapshot. */
const STORED = 2
const DELETED = 3

// What comes next in a snapshot.
const END = 0
const KEY = 1
const SAME_KEY = 2
