/** A span of time: `start` is its first millisecond, `end` the first behind it, both epoch ms. The window of all time has infinite bounds. */
export interface TimeWindow {
  readonly start: number
  readonly end: number
}

/** Which clock windows go by: the time of the records, or the wall clock when they arrive. */
export type TimeDomain = 'event' | 'processing'

/** Says which windows a record belongs to. A value without state: what it says depends on its arguments alone. */
export interface WindowAssigner<T = unknown> {
  /** For explain(), e.g. `tumbling 1 min`. */
  readonly name: string
  readonly time: TimeDomain
  /** True when windows of a key that overlap or touch become one (sessions). */
  readonly merges: boolean
  /** The windows of a record; `time` is its event time, or the wall clock when it arrived, epoch ms. None is an error where the operator runs. */
  windowsOf(value: T, time: number): readonly TimeWindow[]
}

/**
 * Windows that depend on time alone and are put together from slices: disjoint spans of time, each in the same windows as a whole. A record is
 * added to its slice, whatever the number of its windows; a window is the merger of its slices.
 */
export interface SlicedWindows extends WindowAssigner {
  readonly merges: false
  /** The slice that `time` belongs to; undefined where no window does (sampling: a slide larger than the size). */
  sliceOf(time: number): TimeWindow | undefined
  /** The windows that a slice is part of, in order of their end. */
  windowsWith(slice: TimeWindow): readonly TimeWindow[]
}
