/**
 * A run of records that travel together: the unit that crosses every edge.
 *
 * Columns are at least `size` long; what lies behind `size` is stale. A batch is lent for the duration of one `onBatch` call:
 * the receiver may rewrite it in place and pass it on, and copies what it wants to keep (`copyBatch`). So a chain of operators
 * works without allocating, and an edge with several consumers hands a copy to all but one of them.
 */
export interface Batch<T> {
  values: T[]
  /** Event time of each record, epoch milliseconds; NaN where it has none yet. */
  times: Float64Array
  /**
   * The watermark that was in effect when each record arrived, made by the records before it (dropped ones included); -Infinity
   * before any. Because it travels with the record, the result does not depend on where a batch ended.
   */
  watermarks: Float64Array
  /** Offset of the source record that each record came from; NaN for results of windows and timers. */
  offsets: Float64Array
  size: number
  /** The watermark after the whole batch: no later record will be at or before this time, unless it is late. +Infinity ends the input. */
  watermark: number
  /** True when the input behind this batch is idle from here on: it holds back nobody's watermark until it sends again. */
  idle: boolean
  /** Where the records come from; undefined behind an operator that mixes or makes records. */
  origin: Origin | undefined
}

/** The source partition that a batch was read from. */
export interface Origin {
  readonly source: string
  /** The partition's name, unique within the source, e.g. `telemetry.v0/3` or a file's path. */
  readonly partition: string
  /** The partition's number, counted from 0. */
  readonly index: number
}

/** A batch without records, which carries a watermark alone. */
export function watermarkBatch<T>(watermark: number, idle = false): Batch<T> {
  return {
    values: [],
    times: NO_COLUMN,
    watermarks: NO_COLUMN,
    offsets: NO_COLUMN,
    size: 0,
    watermark,
    idle,
    origin: undefined,
  }
}

/** A copy that the caller may keep; values themselves are shared, never cloned. */
export function copyBatch<T>(batch: Batch<T>): Batch<T> {
  const { size } = batch
  return {
    values: batch.values.slice(0, size),
    times: batch.times.slice(0, size),
    watermarks: batch.watermarks.slice(0, size),
    offsets: batch.offsets.slice(0, size),
    size,
    watermark: batch.watermark,
    idle: batch.idle,
    origin: batch.origin,
  }
}

const NO_COLUMN = new Float64Array(0)
