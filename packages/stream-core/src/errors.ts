/** Every code that a `StreamError` of this package carries. Connectors add their own; all are stable and may be matched on. */
export type CoreErrorCode =
  | 'ABORTED'
  | 'AGGREGATE_INVALID'
  | 'BAD_RECORD'
  | 'CALL_TIMED_OUT'
  | 'BUFFER_FULL'
  | 'BUFFER_INVALID'
  | 'CHECKPOINT_CORRUPT'
  | 'CHECKPOINT_EXISTS'
  | 'CHECKPOINT_FAILED'
  | 'CHECKPOINT_LOCKED'
  | 'CHECKPOINT_NEWER_VERSION'
  | 'CHECKPOINT_UNKNOWN'
  | 'CONCURRENCY_INVALID'
  | 'DUPLICATE_NAME'
  | 'DURATION_INVALID'
  | 'EVENT_TIME_INVALID'
  | 'FENCED'
  | 'GRAPH_INVALID'
  | 'JOB_NAME_TAKEN'
  | 'JOIN_INVALID'
  | 'JOB_NOT_SHAREABLE'
  | 'KEY_INVALID'
  | 'KEY_NOT_PARTITIONED'
  | 'ORDER_INVALID'
  | 'OPERATOR_UNKNOWN'
  | 'PARTITIONING_UNKNOWN'
  | 'PARTITIONS_CHANGED'
  | 'PLAN_UNKNOWN'
  | 'RECORD_TIME_MISSING'
  | 'SIDE_OUTPUT_INVALID'
  | 'SINK_FAILED'
  | 'SOURCE_FAILED'
  | 'SOURCE_REPLACED'
  | 'SOURCE_UNKNOWN'
  | 'SPLIT_INVALID'
  | 'STATE_INVALID'
  | 'STATE_UNKNOWN'
  | 'STREAM_WITHOUT_SINK'
  | 'THREADS_INVALID'
  | 'THREAD_DIED'
  | 'THREAD_MODULE_INVALID'
  | 'TOP_N_INVALID'
  | 'UNNAMED_STATE'
  | 'USER_FUNCTION_FAILED'
  | 'WATERMARK_INVALID'
  | 'WINDOW_INVALID'
  | 'WINDOW_WITHOUT_EVENT_TIME'

export interface StreamErrorOptions {
  /** The error underneath, kept as `cause`. */
  readonly cause?: unknown
  /** True where the same work may succeed when it is tried again, e.g. after a lost connection. Default false. */
  readonly retryable?: boolean
  /** Where it happened, as far as it is known. */
  readonly place?: Place
}

/** Where in a job something happened. */
export interface Place {
  /** Index of the worker thread; undefined where there is but one. */
  readonly thread?: number | undefined
  readonly operator?: string | undefined
  readonly source?: string | undefined
  readonly partition?: string | undefined
  readonly offset?: number | undefined
}

/** The one root of errors that this library throws: a stable `code`, a message that says what happened, where, and what to do. */
export class StreamError extends Error {
  readonly code: string
  readonly retryable: boolean
  readonly place: Place

  constructor(code: CoreErrorCode | (string & {}), message: string, options: StreamErrorOptions = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'StreamError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.place = options.place ?? {}
  }
}

/** The message of anything that was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** True when the error, or one that it wraps, may go away by trying again. */
export function isRetryable(cause: unknown): boolean {
  return cause instanceof StreamError && cause.retryable
}
