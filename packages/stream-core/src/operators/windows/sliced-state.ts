import type { Accumulator } from '../../aggregates/aggregate.ts'
import { StreamError } from '../../errors.ts'
import { decodeKey, encodeKey } from '../../state/key.ts'
import { KeyMap } from '../../state/key-map.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { Slice, SliceList } from '../../windows/slice-list.ts'
import { CHANGED, type SlotTable, UNFIRED } from '../../windows/slot-table.ts'
import type { SlicedWindows } from '../../windows/window-assigner.ts'
import type { SnapshotScope } from '../operator.ts'

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
    const table = this.#table
    const isFull = scope === 'all'
    state
      .uint8(STATE_VERSION)
      .uint8(isFull ? 1 : 0)
      .float64(watermark)
    const closed = isFull ? [] : this.#closed
    this.#closed = []
    state.uint(closed.length)
    for (const start of closed) state.float64(start)
    const changed = table.takeChanges()
    state.uint(isFull ? this.#slices.all.reduce((sum, { keys }) => sum + keys.size, 0) : changed.length)
    if (isFull) for (const { keys } of this.#slices.all) keys.each(slot => this.#writeSlot(slot, state))
    else for (const slot of changed) this.#writeSlot(slot, state)
    if (this.#windows.runOf !== undefined) state.uint(table.ordinal)
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

  #writeSlot(slot: number, state: StateWriter): void {
    const table = this.#table
    state.float64(table.place(slot)).text(encodeKey(table.key(slot)))
    state.uint8(table.flags[slot]! & UNFIRED).uint(table.firings[slot]!)
    if (this.#windows.runOf !== undefined) state.uint(table.firsts[slot]!)
    this.#accumulator.write(slot, state)
  }

  #readSlot(state: StateReader, version: number): void {
    const table = this.#table
    const start = state.float64()
    const key = decodeKey(state.text())
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
