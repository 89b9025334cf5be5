import { type Key, ownKey } from '../state/key.ts'
import type { KeyMap } from '../state/key-map.ts'
import { IntList } from './int-list.ts'

export interface SlotTableOptions {
  /** The columns behind the slots must have room for so many. */
  readonly onGrow: (capacity: number) => void
  /** A slot is given back: empty it. */
  readonly onRelease: (slot: number) => void
  /** True to remember for each slot when its key first came. */
  readonly ordered?: boolean
}

/**
 * Gives out slots: small integers under which every aggregate keeps its columns, one for each key of each open window or slice. Slots of closed
 * ones serve again. Each slot also knows its key and where it belongs, and two flags, so that a snapshot writes only what changed.
 */
export class SlotTable {
  /** Flags by slot: CHANGED since the last snapshot, UNFIRED records since its window last emitted. */
  flags: Uint8Array
  /** How often each slot has emitted. */
  firings: Uint32Array
  /** When the key of each slot first came, counted over all slots; empty unless `ordered`. */
  firsts: Float64Array
  /** Counts slots that were given out for records. */
  ordinal = 0
  #places: Float64Array
  readonly #keys: Key[] = []
  readonly #free = new IntList()
  #used = 0
  readonly #changed = new IntList()
  readonly #options: SlotTableOptions

  constructor(capacity: number, options: SlotTableOptions) {
    this.flags = new Uint8Array(capacity)
    this.firings = new Uint32Array(capacity)
    this.firsts = new Float64Array(options.ordered === true ? capacity : 0)
    this.#places = new Float64Array(capacity)
    this.#options = options
  }

  /** Gives the key a slot in `keys`, where it must not have one. `place` says where that is: the start of the slice, the number of the session. */
  add(keys: KeyMap<number>, key: Key, place: number): number {
    const slot = this.take(key)
    this.#places[slot] = place
    keys.set(this.#keys[slot]!, slot)
    if (slot < this.firsts.length) this.firsts[slot] = this.ordinal++
    return slot
  }

  /** A slot that belongs to nothing, for merging: it is empty, and its key has never come. */
  take(key: Key): number {
    const slot = this.#free.pop() ?? this.#next()
    // Text is its own; what else may be used as a key is not always.
    this.#keys[slot] = typeof key === 'string' ? key : ownKey(key)
    if (slot < this.firsts.length) this.firsts[slot] = Number.POSITIVE_INFINITY
    return slot
  }

  key(slot: number): Key {
    return this.#keys[slot]!
  }

  place(slot: number): number {
    return this.#places[slot]!
  }

  /** Sets flags of a slot; a slot that becomes CHANGED is part of the next snapshot of changes. */
  mark(slot: number, flags: number): void {
    if ((flags & CHANGED) !== 0 && (this.flags[slot]! & CHANGED) === 0) this.#changed.push(slot)
    this.flags[slot]! |= flags
  }

  unmark(slot: number, flags: number): void {
    this.flags[slot]! &= ~flags
  }

  /** Counts a result of the slot; returns how many there were before. */
  countFiring(slot: number): number {
    return this.firings[slot]!++
  }

  /** Gives a slot back. */
  release(slot: number): void {
    this.#options.onRelease(slot)
    this.flags[slot] = 0
    this.firings[slot] = 0
    this.#keys[slot] = 0
    this.#free.push(slot)
  }

  /** Slots that changed since the last call, each once, new ones in the order in which they came. */
  takeChanges(): readonly number[] {
    const { items, length } = this.#changed
    const slots: number[] = []
    // A slot stands here twice when it was released and served again. The last place counts: new keys must come in the order in which they
    // came, or a restored window would emit them in another one.
    for (let i = length - 1; i >= 0; i--) {
      const slot = items[i]!
      if ((this.flags[slot]! & CHANGED) === 0) continue
      this.flags[slot]! &= ~CHANGED
      slots.push(slot)
    }
    slots.reverse()
    this.#changed.clear()
    return slots
  }

  #next(): number {
    const slot = this.#used++
    if (slot === this.flags.length) this.#grow(slot * 2)
    return slot
  }

  #grow(capacity: number): void {
    const flags = new Uint8Array(capacity)
    flags.set(this.flags)
    this.flags = flags
    const firings = new Uint32Array(capacity)
    firings.set(this.firings)
    this.firings = firings
    this.#places = grown(this.#places, capacity)
    if (this.firsts.length > 0) this.firsts = grown(this.firsts, capacity)
    this.#options.onGrow(capacity)
  }
}

export const CHANGED = 1
export const UNFIRED = 2

function grown(column: Float64Array, capacity: number): Float64Array {
  const larger = new Float64Array(capacity)
  larger.set(column)
  return larger
}
