import type { Accumulator } from '../../aggregates/aggregate.ts'
import { StreamError } from '../../errors.ts'
import { KeyMap } from '../../state/key-map.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { Slice, SliceList } from '../../windows/slice-list.ts'
import { CHANGED, type SlotTable, UNFIRED } from '../../windows/slot-table.ts'
import type { SlicedWindows } from '../../windows/window-assigner.ts'
import type { SnapshotScope } from '../operator.ts'

interface StoredSlots {
  readonly isFull: boolean
  readonly watermark: number
  /** Starts of slices that were closed. */
  readonly closed: readonly number[]
  readonly slots: readonly number[]
}

/** Writes and reads the slots of slices: all, or those that changed, with the slices that were closed since. */
export class SlicedState {
  readonly #operator: string
  readonly #windows: SlicedWindows
  readonly #slices: SliceList
  readonly #table: SlotTable
  readonly #accumulator: Accumulator<never, unknown>
  #closed: number[] = []

  constructor(
    operator: string,
    windows: SlicedWindows,
    slices: SliceList,
    table: SlotTable,
    accumulator: Accumulator<never, unknown>,
  ) {
    this.#operator = operator
    this.#windows = windows
    this.#slices = slices
    this.#table = table
    this.#accumulator = accumulator
  }

  /** Forgets a slice and gives its slots back. */
  close(slice: Slice): void {
    slice.keys.each(slot => this.#table.release(slot))
    this.#slices.remove(slice)
    this.#closed.push(slice.start)
  }

  /** Slices that were closed are closed in the state, too. */
  forgetClosed(): void {
    this.#closed = []
  }

  write(state: StateWriter, scope: SnapshotScope, watermark: number): void {
    const isFull = scope === 'all'
    const closed = isFull ? [] : this.#closed
    this.#closed = []
    const changed = this.#table.takeChanges()
    this.#write(state, { isFull, watermark, closed, slots: isFull ? [...this.open()] : changed })
  }

  /** Writes slots of open slices as `write` would, and leaves them changed or not, as they are. */
  writeOpen(state: StateWriter, slots: readonly number[], watermark: number): void {
    this.#write(state, { isFull: false, watermark, closed: [], slots })
  }

  /** Slots of all open slices, in order of time, those of a slice in the order in which their keys came. Live: slices and keys may come and go meanwhile. */
  *open(): Iterable<number> {
    let slice = this.#slices.all[0]
    while (slice !== undefined) {
      for (const slot of slice.keys.values()) {
        // Its slots serve others since.
        if (this.#slices.find(slice.start) !== slice) break
        yield slot
      }
      slice = this.#slices.all[this.#slices.from(slice.start + 1)]
    }
  }

  /** Reads what `write` wrote into the slices. */
  read(state: StateReader): { watermark: number; isFull: boolean; version: number } {
    const version = state.version(STATE_VERSION, `${this.#operator}: window state`)
    const isFull = state.uint8() === 1
    if (isFull) for (const slice of [...this.#slices.all]) this.close(slice)
    const watermark = state.float64()
    for (let left = state.uint(); left > 0; left--) {
      const slice = this.#slices.find(state.float64())
      if (slice !== undefined) this.close(slice)
    }
    for (let left = state.uint(); left > 0; left--) this.#readSlot(state, version)
    if (this.#windows.runOf !== undefined && version >= 3) this.#table.ordinal = state.uint()
    return { watermark, isFull, version }
  }

  #write(state: StateWriter, { isFull, watermark, closed, slots }: StoredSlots): void {
    state
      .uint8(STATE_VERSION)
      .uint8(isFull ? 1 : 0)
      .float64(watermark)
      .uint(closed.length)
    for (const start of closed) state.float64(start)
    state.uint(slots.length)
    for (const slot of slots) this.#writeSlot(slot, state)
    if (this.#windows.runOf !== undefined) state.uint(this.#table.ordinal)
  }

  #writeSlot(slot: number, state: StateWriter): void {
    const table = this.#table
    state.float64(table.place(slot)).key(table.key(slot))
    state.uint8(table.flags[slot]! & UNFIRED).uint(table.firings[slot]!)
    if (this.#windows.runOf !== undefined) state.uint(table.firsts[slot]!)
    this.#accumulator.write(slot, state)
  }

  #readSlot(state: StateReader, version: number): void {
    const table = this.#table
    const start = state.float64()
    const key = state.key()
    const slice = this.#slices.find(start) ?? this.#open(start)
    const slot = slice.keys.get(key) ?? table.add(slice.keys, key, start)
    const unfired = state.uint8()
    table.unmark(slot, UNFIRED)
    table.mark(slot, unfired | CHANGED)
    // Version 1 did not count what a window had emitted.
    table.firings[slot] = version < 2 ? 0 : state.uint()
    if (this.#windows.runOf !== undefined && version >= 3) table.firsts[slot] = state.uint()
    this.#accumulator.read(slot, state)
  }

  #open(start: number): Slice {
    const bounds = this.#windows.sliceOf(start)
    if (bounds === undefined || bounds.start !== start) {
      throw new StreamError(
        'STATE_INVALID',
        `${this.#operator}: the state is of windows other than ${this.#windows.name}. Give the step another name, and it starts without state.`,
      )
    }
    const slice: Slice = { ...bounds, lastEnd: this.#windows.lastEndOf(bounds), keys: new KeyMap<number>() }
    this.#slices.add(slice)
    return slice
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 3
