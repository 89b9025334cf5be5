import { StreamError } from '../../errors.ts'
import { checkDuration, formatDuration } from '../../time/duration.ts'

/** How calls are made and what becomes of those that fail; semantics of Flink's AsyncDataStream and AsyncRetryStrategies. */
export interface AsyncOptions<T, R> {
  /** Calls under way at a time. Default 16. */
  readonly concurrency?: number
  /**
   * Records at most whose calls have begun and whose results are not passed on yet: with order kept, results wait here behind a slow call.
   * Default 4 x concurrency.
   */
  readonly capacity?: number
  /**
   * True (default): results in the order of the records. False: as calls end, but never across a watermark, neither forwards nor back; behind
   * withEventTime() that is nearly every record, so place such a step before it.
   */
  readonly ordered?: boolean
  /** Wall-clock ms from the beginning of a record's first call, further attempts included. Default: no limit. */
  readonly timeoutMs?: number
  /** 'fail' (default) stops the job with CALL_TIMED_OUT; a function gives the result instead. */
  readonly onTimeout?: 'fail' | ((value: T) => R)
  readonly retry?: AsyncRetry<R>
}

/** When a call is made again. */
export interface AsyncRetry<R> {
  /** Calls at most for a record, the first one included. */
  readonly attempts: number
  /** Wall-clock ms between two attempts: always the same, or growing. Default 100. */
  readonly backOffMs?: number | { readonly initialMs: number; readonly factor?: number; readonly maxMs?: number }
  /** Which errors are worth another attempt. Default: all. */
  readonly if?: (cause: unknown) => boolean
  /** Which results are. Default: none. The result of the last attempt is taken as it is. */
  readonly ifResult?: (result: R) => boolean
}

/** What a function is told of its call. */
export interface AsyncCall {
  /** Aborted when the result is no longer wanted: the time is over, or the job has ended. */
  readonly signal: AbortSignal
  /** 1 for the first call for a record. */
  readonly attempt: number
}

/** Options with their defaults, checked. */
export type AsyncSettings<T, R> = AsyncOptions<T, R> &
  Required<Pick<AsyncOptions<T, R>, 'concurrency' | 'capacity' | 'ordered'>>

export function asyncSettings<T, R>(options: AsyncOptions<T, R>): AsyncSettings<T, R> {
  const { concurrency = 16, capacity = 4 * concurrency, ordered = true, timeoutMs, onTimeout, retry } = options
  checkCount('concurrency', concurrency, 1)
  checkCount('capacity', capacity, concurrency)
  if (timeoutMs !== undefined) checkDuration('mapAsync(timeoutMs)', timeoutMs)
  else if (onTimeout !== undefined) {
    throw new StreamError('DURATION_INVALID', 'mapAsync has onTimeout but no timeoutMs. Say after how many ms.')
  }
  if (retry !== undefined) {
    checkCount('retry.attempts', retry.attempts, 1)
    const { initialMs, factor, maxMs } = backOffOf(retry)
    checkDuration('mapAsync(retry.backOffMs)', initialMs, { zero: true })
    if (!(factor >= 1) || !(maxMs >= initialMs)) {
      throw new StreamError(
        'DURATION_INVALID',
        `mapAsync(retry.backOffMs) must not shrink; got factor ${factor} from ${initialMs} to ${maxMs} ms.`,
      )
    }
  }
  return { ...options, concurrency, capacity, ordered }
}

/** Ms to wait before the attempt behind number `attempt`. */
export function backOffMs(retry: BackOff, attempt: number): number {
  const { initialMs, factor, maxMs } = backOffOf(retry)
  return Math.min(maxMs, Math.ceil(initialMs * factor ** (attempt - 1)))
}

/** One line for explain(). */
export function asyncDetail<T, R>({ concurrency, ordered, timeoutMs, retry }: AsyncSettings<T, R>): string {
  return [
    `concurrency ${concurrency}`,
    ordered ? 'order kept' : 'order kept across watermarks only',
    ...(timeoutMs === undefined ? [] : [`at most ${formatDuration(timeoutMs)}`]),
    ...(retry === undefined ? [] : [`up to ${retry.attempts} attempts`]),
  ].join(', ')
}

type BackOff = Pick<AsyncRetry<unknown>, 'backOffMs'>

function backOffOf({ backOffMs = 100 }: BackOff): { initialMs: number; factor: number; maxMs: number } {
  if (typeof backOffMs === 'number') return { initialMs: backOffMs, factor: 1, maxMs: backOffMs }
  const { initialMs, factor = 2, maxMs = Number.POSITIVE_INFINITY } = backOffMs
  return { initialMs, factor, maxMs }
}

function checkCount(what: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return
  throw new StreamError('CONCURRENCY_INVALID', `mapAsync needs a ${what} of ${least} or more; got ${count}.`)
}
