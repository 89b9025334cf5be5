import { StreamError } from '../../errors.ts'
import { checkDuration } from '../../time/duration.ts'

/** What `suppress` waits for; made by `untilTimeLimit` and `untilWindowCloses`. */
export type Suppression = TimeLimit | WindowClose

export interface TimeLimit extends BufferLimit {
  readonly until: 'timeLimit'
  /** Ms of stream time; +Infinity: for ever. */
  readonly limitMs: number
}

export interface WindowClose extends BufferLimit {
  readonly until: 'windowCloses'
}

interface BufferLimit {
  /** Rows that are held back at a time; +Infinity: any number. */
  readonly maxRecords: number
  /** What happens when there are more: the oldest is emitted early, or the job fails with BUFFER_FULL. */
  readonly onFull: 'emitEarly' | 'fail'
}

export interface TimeLimitOptions {
  /** Rows that may be held back at a time. Default: any number. */
  readonly maxRecords?: number
  /** Default 'emitEarly'. */
  readonly onFull?: 'emitEarly' | 'fail'
}

export interface WindowCloseOptions {
  /** Rows that may be held back at a time; with more the job fails with BUFFER_FULL, since an early result would not be final. Default: any number. */
  readonly maxRecords?: number
}

/**
 * Kafka Streams' `Suppressed.untilTimeLimit`: of the updates of a row, the newest is emitted once stream time is `limitMs` above the time of the
 * first one held back.
 */
export function untilTimeLimit(limitMs: number, options: TimeLimitOptions = {}): TimeLimit {
  if (limitMs !== Number.POSITIVE_INFINITY) checkDuration('the time limit of suppress()', limitMs, { zero: true })
  const { maxRecords = Number.POSITIVE_INFINITY, onFull = 'emitEarly' } = options
  checkMaxRecords(maxRecords)
  return { until: 'timeLimit', limitMs, maxRecords, onFull }
}

/** Kafka Streams' `Suppressed.untilWindowCloses`: of the updates of a window, the last is emitted once no further one can come. */
export function untilWindowCloses(options: WindowCloseOptions = {}): WindowClose {
  const { maxRecords = Number.POSITIVE_INFINITY } = options
  checkMaxRecords(maxRecords)
  return { until: 'windowCloses', maxRecords, onFull: 'fail' }
}

function checkMaxRecords(maxRecords: number): void {
  if (maxRecords === Number.POSITIVE_INFINITY || (Number.isSafeInteger(maxRecords) && maxRecords >= 0)) return
  throw new StreamError(
    'BUFFER_INVALID',
    `maxRecords of suppress() is a whole number of records, at least 0; got ${maxRecords}. Leave it out for no limit.`,
  )
}
