import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { TimerQueue } from '../../time/timer-queue.ts'
import { orderByFirst } from '../../windows/order-by-first.ts'
import type { SnapshotScope } from '../operator.ts'

/** Who sets timers: a key. */
export interface TimerOwner {
  readonly key: Key
  /** Unique among owners, below 2^53. */
  readonly id: number
  /** How many timers it has, in all clocks. */
  timers: number
  /** By clock: the slot of its only timer; NO_SLOT without one, HASHED when it has or had several. For `KeyedTimers` alone. */
  eventSlot: number
  processingSlot: number
}

/** Where owners are found while timers are restored. */
export interface TimerOwners<Owner> {
  find(key: Key): Owner | undefined
  /** The owner of a key, made where there is none. */
  entryOf(key: Key): Owner
  /** It may be forgotten when there is nothing left of it. */
  leave(owner: Owner): void
}

/**
 * Timers of all keys by one clock: one a key and time, taken in order of time and of setting. A timer is a slot in columns: no object or Map for each
 * timer or key. A key knows its only timer; a chained hash over (key, time) finds those of keys with several.
 */
export class KeyedTimers<Owner extends TimerOwner> {
  /** Of the timer that was taken last. */
  time = Number.NaN
  readonly #isEventTime: boolean
  readonly #queue = new TimerQueue<number>()
  // Columns by slot.
  #times = new Float64Array(FIRST_CAPACITY)
  #owners: (Owner | undefined)[] = [undefined]
  #marks = new Uint8Array(FIRST_CAPACITY)
  /** When it was set, counted over all timers: those of the same time fire in that order. */
  #orders = new Float64Array(FIRST_CAPACITY)
  /** The next slot with the same hash; of a free slot, the next free one. */
  #chain = new Int32Array(FIRST_CAPACITY)
  #buckets = new Int32Array(FIRST_CAPACITY)
  #used = 1
  #free = NO_SLOT
  /** Slots that were set since the last snapshot, in order; only those that are still UNSTORED count, each at its last place. */
  #set: number[] = []
  #unstored = 0
  /** Deleted timers that a snapshot holds. One that fired need not be told: it follows from the clock. */
  #forgotten: { readonly key: Key; readonly time: number }[] = []
  /** Timers in the queue that were deleted since. */
  #deleted = 0
  #size = 0
  #registered = 0

  constructor(clock: 'eventTime' | 'processingTime') {
    this.#isEventTime = clock === 'eventTime'
  }

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
    const only = this.#slotOf(owner)
    if (this.#find(owner, only, time) !== NO_SLOT) return
    const slot = this.#put(owner, only, time, this.#registered)
    this.#marks[slot] = UNSTORED
    this.#queue.add(time, slot)
    this.#set.push(slot)
    this.#unstored++
    if (this.#set.length > 2 * this.#unstored + MOST_USELESS) this.#set = this.#takeSet(UNSTORED)
  }

  delete(owner: Owner, time: number): void {
    const slot = this.#find(owner, this.#slotOf(owner), time)
    if (slot === NO_SLOT) return
    if (this.#marks[slot] === STORED) this.#forgotten.push({ key: owner.key, time })
    this.#remove(slot, owner)
    // It stays in the queue and is passed over when its time comes, unless such timers become too many.
    this.#marks[slot] = DELETED
    this.#deleted++
    if (this.#deleted > this.#size + MOST_USELESS) this.#fillQueue()
  }

  /** Takes the first timer that is due at `now`; undefined when there is none. */
  take(now: number): Owner | undefined {
    const queue = this.#queue
    while (queue.nextTime <= now && queue.size > 0) {
      const time = queue.nextTime
      const slot = queue.take()
      if (this.#marks[slot] === DELETED) {
        this.#deleted--
        this.#release(slot)
        continue
      }
      const owner = this.#owners[slot]!
      this.time = time
      this.#remove(slot, owner)
      this.#release(slot)
      return owner
    }
    return undefined
  }

  /** The earliest timer of the owner, +Infinity when it has none; looks at all timers. */
  firstOf(owner: Owner): number {
    let first = Number.POSITIVE_INFINITY
    for (let slot = 1; slot < this.#used; slot++) {
      if (this.#owners[slot] === owner) first = Math.min(first, this.#times[slot]!)
    }
    return first
  }

  clear(): void {
    for (const owner of this.#owners) {
      if (owner === undefined) continue
      owner.timers--
      this.#setSlotOf(owner, NO_SLOT)
    }
    this.#queue.clear()
    this.#owners = [undefined]
    this.#marks.fill(FREE)
    this.#buckets.fill(NO_SLOT)
    this.#used = 1
    this.#free = NO_SLOT
    this.#deleted = this.#size = 0
    this.#forgetChanges()
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    const forgotten = scope === 'all' ? [] : this.#forgotten
    state.uint(forgotten.length)
    for (const { key, time } of forgotten) state.key(key).float64(time)
    const slots = scope === 'all' ? this.#live() : this.#takeSet(STORED)
    this.#writeTimers(state, slots)
    for (const slot of slots) this.#marks[slot] = STORED
    this.#forgetChanges()
  }

  /** Slots of timers that a snapshot holds; those that are new since the last one will be in the next. Live: they may come and go meanwhile. */
  *stored(): Iterable<number> {
    for (let slot = 1; slot < this.#used; slot++) if (this.#marks[slot] === STORED) yield slot
  }

  /** Writes these timers as `write` would, and leaves them stored or not, as they are. */
  writeStored(state: StateWriter, slots: readonly number[]): void {
    state.uint(0)
    this.#writeTimers(state, slots)
  }

  /** Adds to what was read before. Nothing is in its order, and what has fired since is still there, until `restored`. */
  read(state: StateReader, version: number, owners: TimerOwners<Owner>): void {
    for (let left = state.uint(); left > 0; left--) {
      const owner = owners.find(state.key())
      const time = state.float64()
      const slot = owner === undefined ? NO_SLOT : this.#find(owner, this.#slotOf(owner), time)
      if (slot === NO_SLOT) continue
      this.#remove(slot, owner!)
      this.#release(slot)
    }
    let owner: Owner | undefined
    for (let mark = state.uint8(); mark !== END; mark = state.uint8()) {
      if (mark === KEY) owner = owners.entryOf(state.key())
      const time = state.float64()
      // Until version 2, timers came in the order in which they were set.
      const order = version < 3 ? this.#registered : state.uint()
      const only = this.#slotOf(owner!)
      if (this.#find(owner!, only, time) === NO_SLOT) this.#marks[this.#put(owner!, only, time, order)] = STORED
    }
  }

  /** Everything is read: takes out what has fired, all that is due at `now`, and puts the others in order. */
  restored(now: number, owners: TimerOwners<Owner>): void {
    for (const slot of this.#live()) {
      if (this.#times[slot]! > now) continue
      const owner = this.#owners[slot]!
      this.#remove(slot, owner)
      this.#release(slot)
      owners.leave(owner)
    }
    const slots = this.#live()
    for (const at of orderByFirst(Float64Array.from(slots, slot => this.#orders[slot]!))) {
      this.#queue.add(this.#times[slots[at]!]!, slots[at]!)
    }
  }

  #live(): number[] {
    const slots: number[] = []
    for (let slot = 1; slot < this.#used; slot++) if (this.#owners[slot] !== undefined) slots.push(slot)
    return slots
  }

  #writeTimers(state: StateWriter, slots: readonly number[]): void {
    let before: Owner | undefined
    for (const slot of slots) {
      const owner = this.#owners[slot]!
      if (owner === before) state.uint8(SAME_KEY)
      else state.uint8(KEY).key(owner.key)
      state.float64(this.#times[slot]!).uint(this.#orders[slot]!)
      before = owner
    }
    state.uint8(END)
  }

  /** Gives a timer a slot, its owner and its order; `only` is the slot that the owner has. */
  #put(owner: Owner, only: number, time: number, order: number): number {
    const slot = this.#takeSlot()
    this.#times[slot] = time
    this.#owners[slot] = owner
    this.#orders[slot] = order
    if (only === NO_SLOT) {
      this.#setSlotOf(owner, slot)
    } else {
      if (only !== HASHED) this.#link(only)
      this.#setSlotOf(owner, HASHED)
      this.#link(slot)
    }
    this.#size++
    this.#registered = Math.max(this.#registered, order + 1)
    owner.timers++
    return slot
  }

  /** Slots set since the last snapshot that still wait for one, in order of setting; they are marked with `mark`. */
  #takeSet(mark: number): number[] {
    const slots: number[] = []
    // A slot that served again stands here twice; its last place counts.
    for (let i = this.#set.length - 1; i >= 0; i--) {
      const slot = this.#set[i]!
      if (this.#marks[slot] !== UNSTORED) continue
      this.#marks[slot] = SEEN
      slots.push(slot)
    }
    for (const slot of slots) this.#marks[slot] = mark
    return slots.reverse()
  }

  #forgetChanges(): void {
    this.#set = []
    this.#unstored = 0
    this.#forgotten = []
  }

  #slotOf(owner: Owner): number {
    return this.#isEventTime ? owner.eventSlot : owner.processingSlot
  }

  #setSlotOf(owner: Owner, slot: number): void {
    if (this.#isEventTime) owner.eventSlot = slot
    else owner.processingSlot = slot
  }

  #find(owner: Owner, only: number, time: number): number {
    if (only !== HASHED) return only !== NO_SLOT && this.#times[only] === time ? only : NO_SLOT
    let slot = this.#buckets[this.#bucket(owner, time)]!
    while (slot !== NO_SLOT && (this.#times[slot] !== time || this.#owners[slot] !== owner)) slot = this.#chain[slot]!
    return slot
  }

  #bucket(owner: Owner, time: number): number {
    // The low 32 bits of each decide; fractions of milliseconds only make the chains longer.
    const mixed = Math.imul(time | 0, 0x9e3779b1) ^ Math.imul(owner.id | 0, 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & (this.#buckets.length - 1)
  }

  #link(slot: number): void {
    const bucket = this.#bucket(this.#owners[slot]!, this.#times[slot]!)
    this.#chain[slot] = this.#buckets[bucket]!
    this.#buckets[bucket] = slot
  }

  /** Takes the timer from its owner; its slot is still its own. */
  #remove(slot: number, owner: Owner): void {
    if (this.#slotOf(owner) === HASHED) this.#unlink(slot, owner)
    else this.#setSlotOf(owner, NO_SLOT)
    if (this.#marks[slot] === UNSTORED) this.#unstored--
    this.#owners[slot] = undefined
    owner.timers--
    this.#size--
  }

  #unlink(slot: number, owner: Owner): void {
    const chain = this.#chain
    const bucket = this.#bucket(owner, this.#times[slot]!)
    let at = this.#buckets[bucket]!
    if (at === slot) {
      this.#buckets[bucket] = chain[slot]!
      return
    }
    while (chain[at] !== slot) at = chain[at]!
    chain[at] = chain[slot]!
  }

  #takeSlot(): number {
    const free = this.#free
    if (free !== NO_SLOT) {
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

  /** Puts every timer into the queue anew, in its order, and gives the slots of deleted ones back. */
  #fillQueue(): void {
    const slots: number[] = []
    this.#queue.forEach(slot => {
      if (this.#marks[slot] === DELETED) this.#release(slot)
      else slots.push(slot)
    })
    this.#queue.clear()
    for (const slot of slots) this.#queue.add(this.#times[slot]!, slot)
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
    const orders = new Float64Array(capacity)
    orders.set(this.#orders)
    this.#orders = orders
    const chain = new Int32Array(capacity)
    chain.set(this.#chain)
    this.#chain = chain
    this.#buckets = new Int32Array(capacity)
    for (let slot = 1; slot < this.#used; slot++) {
      const owner = this.#owners[slot]
      if (owner !== undefined && this.#slotOf(owner) === HASHED) this.#link(slot)
    }
  }
}

/** Of an owner without a timer, and behind the end of a chain. Slots are counted from 1. */
export const NO_SLOT = 0
/** Of an owner whose timers are found by the hash. */
const HASHED = -1
/** A power of two, as the number of buckets must be. */
const FIRST_CAPACITY = 64
/** Below this many deleted or fired timers it is not worth making a list of timers anew. */
const MOST_USELESS = 1024

// What a slot holds.
const FREE = 0
/** A timer that no snapshot holds. */
const UNSTORED = 1
const STORED = 2
/** Deleted, but still in the queue. */
const DELETED = 3
/** One that is looked at just now. */
const SEEN = 4

// What comes next in a snapshot.
const END = 0
const KEY = 1
const SAME_KEY = 2
