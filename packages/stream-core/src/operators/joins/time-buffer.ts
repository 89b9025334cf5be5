import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'

/**
 * Rows of one side and key in order of event time, of arrival among equals. Columns: no object per row. Rows come in nearly in order and leave at the
 * front, so that both cost O(1) as a rule; what has left makes room for what comes, without new columns.
 */
export class TimeBuffer<T> {
  readonly times: number[] = []
  readonly values: T[] = []
  /** One number a row, for whoever needs one. */
  readonly marks: number[] = []
  /** Index of the first row; what is before it is gone. */
  first = 0
  /** Index behind the last row; what is behind it is stale. */
  end = 0

  get size(): number {
    return this.end - this.first
  }

  add(time: number, value: T, mark: number): void {
    const { times, values, marks } = this
    let at = this.end++
    // Rows that are later make room: as a rule there are none.
    for (; at > this.first && times[at - 1]! > time; at--) {
      times[at] = times[at - 1]!
      values[at] = values[at - 1]!
      marks[at] = marks[at - 1]!
    }
    times[at] = time
    values[at] = value
    marks[at] = mark
  }

  /** Index of the first row at `time` or later. */
  from(time: number): number {
    const { times } = this
    let low = this.first
    let high = this.end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (times[middle]! < time) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Index of the first row later than `time`. */
  behind(time: number): number {
    const { times } = this
    let low = this.first
    let high = this.end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (times[middle]! <= time) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Drops the rows before index `first`. */
  dropBefore(first: number): void {
    // What is gone must not be held.
    for (let at = this.first; at < first; at++) this.values[at] = undefined as T
    this.first = first
    if (first === this.end) this.#empty()
    else if (first >= KEPT && first * 2 >= this.end) this.#moveToFront()
  }

  /** Drops the rows at or before `time`. */
  dropThrough(time: number): void {
    const { times, end } = this
    let at = this.first
    while (at < end && times[at]! <= time) at++
    if (at > this.first) this.dropBefore(at)
  }

  /** Event times of the rows, in order. */
  liveTimes(): number[] {
    return this.times.slice(this.first, this.end)
  }

  write(state: StateWriter): void {
    state.uint(this.size)
    for (let at = this.first; at < this.end; at++) {
      state.float64(this.times[at]!).value(this.values[at]).float64(this.marks[at]!)
    }
  }

  read(state: StateReader): void {
    for (let left = state.uint(); left > 0; left--) {
      const time = state.float64()
      const value = state.value() as T
      this.add(time, value, state.float64())
    }
  }

  #empty(): void {
    this.first = this.end = 0
    this.#shrink()
  }

  #moveToFront(): void {
    const { times, values, marks, first, end } = this
    for (let at = first; at < end; at++) {
      times[at - first] = times[at]!
      values[at - first] = values[at]!
      marks[at - first] = marks[at]!
      values[at] = undefined as T
    }
    this.first = 0
    this.end = end - first
    this.#shrink()
  }

  /** Columns that a crowd has left behind are cut. */
  #shrink(): void {
    if (this.times.length <= 4 * (this.end + KEPT)) return
    for (const column of [this.times, this.values, this.marks]) column.length = this.end
  }
}

/** Below this many dropped rows the others are not moved. */
const KEPT = 16
