import { encodeKey, type Key, ownKey } from '../state/key.ts'

/**
 * Finds the slot of a key in a window: a small integer under which every aggregate keeps its columns. Slots of closed windows serve again.
 * Each slot also knows its key and window, and two flags, so that a snapshot writes only what changed.
 */
export class SlotTable {
  /** Flags by slot: CHANGED since the last snapshot, UNFIRED records since the window last emitted. */
  flags: Uint8Array
  /** How often each slot has emitted. */
  firings: Uint32Array
  readonly #windows = new Map<number, WindowSlots>()
  #starts: Float64Array
  readonly #keys: Key[] = []
  readonly #free: number[] = []
  #used = 0
  #changed: number[] = []
  #removed: number[] = []
  readonly #onGrow: (capacity: number) => void
  readonly #onRelease: (slot: number) => void

  constructor(capacity: number, onGrow: (capacity: number) => void, onRelease: (slot: number) => void) {
    this.flags = new Uint8Array(capacity)
    this.firings = new Uint32Array(capacity)
    this.#starts = new Float64Array(capacity)
    this.#onGrow = onGrow
    this.#onRelease = onRelease
  }

  window(start: number): WindowSlots | undefined {
    return this.#windows.get(start)
  }

  /** Open windows, in order of their start. */
  windows(): WindowSlots[] {
    return [...this.#windows.values()].sort((a, b) => a.start - b.start)
  }

  openWindow(start: number): WindowSlots {
    const window = { start, slots: new Map<Key, number>(), tuples: new Map<string, number>() }
    this.#windows.set(start, window)
    return window
  }

  /** The slot of the key in the window, undefined when there is none yet. */
  find(window: WindowSlots, key: Key): number | undefined {
    return typeof key === 'object' ? window.tuples.get(encodeKey(key)) : window.slots.get(key)
  }

  /** Gives the key a slot in the window; it must not have one. */
  add(window: WindowSlots, key: Key): number {
    const slot = this.#free.pop() ?? this.#next()
    this.#starts[slot] = window.start
    this.#keys[slot] = ownKey(key)
    if (typeof key === 'object') window.tuples.set(encodeKey(key), slot)
    else window.slots.set(key, slot)
    return slot
  }

  key(slot: number): Key {
    return this.#keys[slot]!
  }

  start(slot: number): number {
    return this.#starts[slot]!
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

  /** Forgets a window and gives its slots back. */
  closeWindow(window: WindowSlots): void {
    for (const slot of slotsOf(window)) {
      this.#onRelease(slot)
      this.flags[slot] = 0
      this.firings[slot] = 0
      this.#keys[slot] = 0
      this.#free.push(slot)
    }
    this.#windows.delete(window.start)
    this.#removed.push(window.start)
  }

  /** Slots that changed and windows that closed since the last call. */
  takeChanges(): { readonly slots: readonly number[]; readonly closed: readonly number[] } {
    const closed = this.#removed
    const slots: number[] = []
    // A slot stands here twice when its window closed and it served again. The last place counts: new keys must come in the order in which they
    // came, or a restored window would emit them in another one.
    for (let i = this.#changed.length - 1; i >= 0; i--) {
      const slot = this.#changed[i]!
      if ((this.flags[slot]! & CHANGED) === 0) continue
      this.flags[slot]! &= ~CHANGED
      slots.push(slot)
    }
    slots.reverse()
    this.#changed = []
    this.#removed = []
    return { slots, closed }
  }

  #next(): number {
    const slot = this.#used++
    if (slot === this.flags.length) {
      const capacity = slot * 2
      const flags = new Uint8Array(capacity)
      flags.set(this.flags)
      this.flags = flags
      const firings = new Uint32Array(capacity)
      firings.set(this.firings)
      this.firings = firings
      const starts = new Float64Array(capacity)
      starts.set(this.#starts)
      this.#starts = starts
      this.#onGrow(capacity)
    }
    return slot
  }
}

/** The slots of one window, in the order in which its keys first came. */
export interface WindowSlots {
  readonly start: number
  readonly slots: Map<Key, number>
  /** Tuples have no identity for a Map: they are found by their encoding. */
  readonly tuples: Map<string, number>
}

export function* slotsOf(window: WindowSlots): Iterable<number> {
  yield* window.slots.values()
  yield* window.tuples.values()
}

export const CHANGED = 1
export const UNFIRED = 2
