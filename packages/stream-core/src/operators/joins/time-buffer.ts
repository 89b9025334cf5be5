import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'

/**
 * Rows of one side and key in order of event time, of arrival among equals. Columns: no object per row. Rows come in nearly in order and leave at the
 * front, so that both cost O(1) as a rule.
 */
export class TimeBuffer<T> {
  times: number[] = []
  values: T[] = []
  /** One number a row, for whoever needs one; undefined where nobody does. */
  marks: number[] | undefined
  /** Index of the first row; what is before it is gone. */
  first = 0

  constructor(hasMarks = false) {
    this.marks = hasMarks ? [] : undefined
  }

  /** Index behind the last row. */
  get end(): number {
    return this.times.length
  }

  get size(): number {
    return this.times.length - this.first
  }

  add(time: number, value: T, mark = 0): void {
    const { times } = this
    const last = times.length - 1
    if (last < this.first || times[last]! <= time) {
      times.push(time)
      this.values.push(value)
      this.marks?.push(mark)
      return
    }
    const at = this.behind(time)
    times.splice(at, 0, time)
    this.values.splice(at, 0, value)
    this.marks?.splice(at, 0, mark)
  }

  /** Index of the first row at `time` or later. */
  from(time: number): number {
    const { times } = this
    let low = this.first
    let high = times.length
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
    let high = times.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (times[middle]! <= time) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Drops the rows before index `first`. */
  dropBefore(first: number): void {
    // What is gone must not be held: the columns are cut when at least half of them is.
    if (first < this.times.length && (first < KEPT || first * 2 < this.times.length)) {
      for (let at = this.first; at < first; at++) this.values[at] = undefined as T
      this.first = first
      return
    }
    this.times = this.times.slice(first)
    this.values = this.values.slice(first)
    this.marks = this.marks?.slice(first)
    this.first = 0
  }

  /** Drops the rows at or before `time`. */
  dropThrough(time: number): void {
    const { times } = this
    let at = this.first
    while (at < times.length && times[at]! <= time) at++
    if (at > this.first) this.dropBefore(at)
  }

  write(state: StateWriter): void {
    state.uint(this.size)
    for (let at = this.first; at < this.end; at++) {
      state.float64(this.times[at]!).value(this.values[at])
      if (this.marks !== undefined) state.float64(this.marks[at]!)
    }
  }

  read(state: StateReader): void {
    for (let left = state.uint(); left > 0; left--) {
      this.times.push(state.float64())
      this.values.push(state.value() as T)
      this.marks?.push(state.float64())
    }
  }
}

/** Below this many dropped rows the columns are not cut. */
const KEPT = 16
