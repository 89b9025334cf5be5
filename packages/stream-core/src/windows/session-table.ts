import type { Accumulator } from '../aggregates/aggregate.ts'
import type { Key } from '../state/key.ts'
import { KeyMap } from '../state/key-map.ts'
import { TimerQueue } from '../time/timer-queue.ts'
import { SlotTable } from './slot-table.ts'

/**
 * The open sessions of all keys, a slot each. Nearly every key has one; the others hang on it. When a session ends is not told for each record that
 * makes it longer: its timer is set when it opens, and set again when it turns out to be too early.
 */
export class SessionTable {
  readonly slots: SlotTable
  /** The slot of a key's first session. */
  readonly keys = new KeyMap<number>()
  starts: Float64Array
  ends: Float64Array
  /** The slot of the key's next session, or NO_SLOT. */
  next: Int32Array
  readonly #timers = new TimerQueue<number>()
  /** For which time the slot has its timer; others that are still in the queue do not count. */
  #timerAt: Float64Array

  constructor(capacity: number, accumulator: Accumulator<never, unknown>) {
    this.starts = new Float64Array(capacity)
    this.ends = new Float64Array(capacity)
    this.next = new Int32Array(capacity)
    this.#timerAt = new Float64Array(capacity)
    this.slots = new SlotTable(capacity, {
      onGrow: larger => {
        accumulator.grow(larger)
        this.#grow(larger)
      },
      onRelease: slot => accumulator.reset(slot),
      ordered: true,
    })
  }

  /** Time of the first timer, which may be too early; +Infinity when there is none. */
  get nextTimer(): number {
    return this.#timers.nextTime
  }

  /** Opens a session; `id` tells it from all others that ever were. */
  open(key: Key, start: number, end: number, id = this.slots.ordinal): number {
    const other = this.keys.get(key) ?? NO_SLOT
    const slot = this.slots.add(this.keys, key, id)
    this.starts[slot] = start
    this.ends[slot] = end
    this.next[slot] = other
    this.#timerAt[slot] = Number.POSITIVE_INFINITY
    return slot
  }

  /** Forgets a session. */
  close(slot: number): void {
    const key = this.slots.key(slot)
    const { next } = this
    const first = this.keys.get(key)!
    if (first !== slot) {
      let before = first
      while (next[before] !== slot) before = next[before]!
      next[before] = next[slot]!
    } else if (next[slot] === NO_SLOT) {
      this.keys.delete(key)
    } else {
      this.keys.set(key, next[slot]!)
    }
    this.#timerAt[slot] = Number.NaN
    this.slots.release(slot)
  }

  /** Sessions of the key that overlap or touch [start, end), in order of their start. */
  touching(key: Key, start: number, end: number): number[] {
    const found: number[] = []
    const { starts, ends, next } = this
    for (let slot = this.keys.get(key) ?? NO_SLOT; slot !== NO_SLOT; slot = next[slot]!)
      if (starts[slot]! <= end && start <= ends[slot]!) found.push(slot)
    return found.length < 2 ? found : found.sort((a, b) => starts[a]! - starts[b]!)
  }

  /** Makes sure that the session has a timer at `time` or before. */
  setTimer(slot: number, time: number): void {
    if (this.#timerAt[slot]! <= time) return
    this.#timerAt[slot] = time
    this.#timers.add(time, slot)
  }

  /** Takes the first timer whose time is at or before `time` and tells its slot; undefined when there is none. */
  takeTimer(time: number): number | undefined {
    while (this.#timers.size > 0 && this.#timers.nextTime <= time) {
      const at = this.#timers.nextTime
      const slot = this.#timers.take()
      // The session has been closed or merged, or has another timer.
      if (this.#timerAt[slot] !== at) continue
      this.#timerAt[slot] = Number.POSITIVE_INFINITY
      return slot
    }
    return undefined
  }

  /** The slots of all sessions, key by key. Live: they may come and go meanwhile. */
  *ofKeys(): Iterable<readonly number[]> {
    for (const first of this.keys.values()) {
      const slots: number[] = []
      for (let slot = first; slot !== NO_SLOT; slot = this.next[slot]!) slots.push(slot)
      yield slots
    }
  }

  eachSlot(visit: (slot: number) => void): void {
    const { next } = this
    this.keys.each(first => {
      for (let slot = first; slot !== NO_SLOT; ) {
        const following = next[slot]!
        visit(slot)
        slot = following
      }
    })
  }

  /** Slots in order of the session's end, and among equals in the order in which keys came. */
  inOrder(slots: number[]): number[] {
    const { ends } = this
    const { firsts } = this.slots
    return slots.sort((a, b) => ends[a]! - ends[b]! || firsts[a]! - firsts[b]!)
  }

  #grow(capacity: number): void {
    this.starts = grown(this.starts, new Float64Array(capacity))
    this.ends = grown(this.ends, new Float64Array(capacity))
    this.#timerAt = grown(this.#timerAt, new Float64Array(capacity))
    this.next = grown(this.next, new Int32Array(capacity))
  }
}

export const NO_SLOT = -1

function grown<A extends Float64Array | Int32Array>(column: A, larger: A): A {
  larger.set(column)
  return larger
}
