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
  /** True when it does not look at the time: records need none. */
  readonly isTimeless?: boolean
  /** The windows of a record; `time` is its event time, or the wall clock when it arrived, epoch ms. None is an error where the operator runs. */
  windowsOf(value: T, time: number): readonly TimeWindow[]
}

/**
 * Windows that depend on time alone and are put together from slices: disjoint spans of time, each in the same windows as a whole. A record is
 * added to its slice, whatever the number of its windows; a window is the merger of its slices.
 *
 * No two windows end at the same time, and of two slices the later one has no window that ends before the first one of the earlier, nor ends its last
 * one before that of the earlier.
 */
export interface SlicedWindows extends WindowAssigner {
  readonly merges: false
  /** The slice that `time` belongs to; undefined where no window does (sampling: a slide larger than the size). */
  sliceOf(time: number): TimeWindow | undefined
  /** Of the windows that the slice is part of, the first that ends after `time`; undefined where all have ended. */
  windowAfter(slice: TimeWindow, time: number): TimeWindow | undefined
  /** End of the last window that the slice is part of. */
  lastEndOf(slice: TimeWindow): number
  /**
   * Start of the run that `time` belongs to; undefined where each slice is one window, so that nothing is merged. Runs are adjacent slices which are
   * merged ahead: every window is the beginning of a run, or the rest of one and the beginning of the next.
   */
  readonly runOf: ((time: number) => number) | undefined
}
