import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { JoinInput } from './join-kind.ts'
import type { KeyEntry } from './key-table.ts'
import type { Swept } from './sweep-queue.ts'
import { TimeBuffer } from './time-buffer.ts'

/**
 * What a join by time keeps of one key: rows of each side, marked with their number in order of arrival: n while a row waits for a partner without which
 * it would come out with null, else ~n. The state of changes holds the rows that are new since the last one, and the numbers of those that wait no longer.
 */
export class RowEntry implements KeyEntry, Swept {
  readonly key: Key
  readonly buffers: readonly [TimeBuffer<unknown>, TimeBuffer<unknown>] = [new TimeBuffer(), new TimeBuffer()]
  changed = false
  sweepAt = Number.POSITIVE_INFINITY
  wasEmpty = false
  /** The watermark at which rows were last dropped. */
  trimmedAt = Number.NEGATIVE_INFINITY
  #waits: readonly [WaitingRow, WaitingRow] | undefined
  /** Numbers of rows that wait no longer, since the last snapshot. */
  #settled: number[] | undefined

  constructor(key: Key) {
    this.key = key
  }

  get isEmpty(): boolean {
    return this.buffers[0].size === 0 && this.buffers[1].size === 0
  }

  /** What stands in the queue of rows that wait for a partner, by side. */
  get waits(): readonly [WaitingRow, WaitingRow] {
    this.#waits ??= [
      { entry: this, input: 0 },
      { entry: this, input: 1 },
    ]
    return this.#waits
  }

  /** Row `at` of a side has found a partner, or has come out without one. */
  settle(input: JoinInput, at: number): void {
    const { marks } = this.buffers[input]
    const mark = marks[at]!
    if (mark < 0) return
    marks[at] = ~mark
    this.#settled ??= []
    this.#settled.push(mark)
  }

  /** Writes the rows with numbers from `firstNew` on; what is older is in the state before. */
  write(state: StateWriter, firstNew: number): void {
    state.float64(this.trimmedAt)
    for (const { marks, times, values, first, end } of this.buffers) {
      let fresh = 0
      for (let at = first; at < end; at++) if (rowNumber(marks[at]!) >= firstNew) fresh++
      state.uint(fresh)
      for (let at = first; at < end && fresh > 0; at++) {
        if (rowNumber(marks[at]!) < firstNew) continue
        state.float64(times[at]!).float64(marks[at]!).value(values[at])
      }
    }
    const settled = this.#settled?.filter(row => row < firstNew) ?? []
    state.uint(settled.length)
    for (const row of settled) state.uint(row)
  }

  /** A snapshot holds all that has changed. */
  written(): void {
    this.#settled = undefined
  }

  /**
   * Adds what `write` wrote, where it is not there yet: an entry may be restored as it was after some of the changes. Rows that were dropped since are to be
   * dropped before, by the watermark that is read first.
   */
  read(state: StateReader, trim: (trimmedAt: number) => void): void {
    const trimmedAt = state.float64()
    if (trimmedAt > this.trimmedAt) trim(trimmedAt)
    this.trimmedAt = trimmedAt
    for (const buffer of this.buffers) {
      for (let left = state.uint(); left > 0; left--) {
        const time = state.float64()
        const mark = state.float64()
        const value = state.value()
        const at = placeOf(buffer, time, rowNumber(mark))
        if (at < 0) buffer.add(time, value, mark)
        // It has found a partner since it was written.
        else if (mark < 0) buffer.marks[at] = mark
      }
    }
    const settled = new Set(Array.from({ length: state.uint() }, () => state.uint()))
    for (const { marks, first, end } of settled.size > 0 ? this.buffers : []) {
      for (let at = first; at < end; at++) if (settled.has(marks[at]!)) marks[at] = ~marks[at]!
    }
  }
}

/** Where the row with that number stands; -1 when it is not there. */
function placeOf(buffer: TimeBuffer<unknown>, time: number, row: number): number {
  const { times, marks, end } = buffer
  for (let at = buffer.from(time); at < end && times[at] === time; at++) if (rowNumber(marks[at]!) === row) return at
  return -1
}

/** A row of a side; which one says the time under which this stands in the queue. */
export interface WaitingRow {
  readonly entry: RowEntry
  readonly input: JoinInput
}

/** The number of a row, whether it has found a partner or not. */
export function rowNumber(mark: number): number {
  return mark < 0 ? ~mark : mark
}
