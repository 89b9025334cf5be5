import type { Batch } from '../../batch/batch.ts'
import { StreamError } from '../../errors.ts'
import { describeTime } from '../../time/describe-time.ts'
import { checkDuration, formatDuration } from '../../time/duration.ts'

/** Name of the side output of records whose event time is not taken. */
export const INVALID_TIMES_OUTPUT = 'invalidTimes'

/** Which event times are believed. One record far in the future would else close every window and make all that follow late. */
export interface ValidTimes {
  /** Earliest valid time, epoch ms. */
  readonly from?: number
  /**
   * Latest valid time, epoch ms; or so many ms ahead of the wall clock: what is valid then depends on when the job runs, as it does for the records
   * of a producer whose clock is wrong.
   */
  readonly to?: number | { readonly aheadOfClockMs: number }
  /** What becomes of other records when nobody takes `invalidTimes()`: 'fail' (default) stops the job, 'skip' counts them. */
  readonly onInvalid?: 'fail' | 'skip'
}

/** A record whose event time was not taken. */
export interface InvalidTime<T> {
  readonly value: T
  /** What the record says, epoch ms; NaN where it says nothing. */
  readonly time: number
  readonly reason: InvalidTimeReason
}

/** 'missing': the source keeps no time with the record; 'notATime': NaN or infinite; else outside the declared range. */
export type InvalidTimeReason = 'missing' | 'notATime' | 'beforeRange' | 'afterRange'

/** The bounds of what is believed, and what is said of the rest. */
export class TimeRange {
  readonly usesClock: boolean
  readonly skips: boolean
  readonly #from: number
  readonly #to: number
  readonly #aheadMs: number

  constructor(times: ValidTimes = {}) {
    const { from = -Number.MAX_VALUE, to = Number.MAX_VALUE, onInvalid = 'fail' } = times
    this.usesClock = typeof to === 'object'
    this.skips = onInvalid === 'skip'
    this.#from = from
    this.#to = typeof to === 'object' ? Number.POSITIVE_INFINITY : to
    this.#aheadMs = typeof to === 'object' ? to.aheadOfClockMs : 0
    if (typeof to === 'object') checkDuration('validTimes.to.aheadOfClockMs', to.aheadOfClockMs, { zero: true })
    if (!Number.isFinite(from) || Number.isNaN(this.#to) || from > this.#to) {
      throw new StreamError(
        'EVENT_TIME_INVALID',
        `validTimes must be a range of epoch milliseconds; got ${from} to ${this.#to}. Correct its ends.`,
      )
    }
  }

  /** Latest valid time while the wall clock shows `now`. */
  latest(now: number): number {
    return this.usesClock ? now + this.#aheadMs : this.#to
  }

  /** Index of the first record whose time is not valid; the size when all are. */
  firstInvalid({ times, size }: Batch<unknown>, now: number): number {
    const from = this.#from
    const to = this.latest(now)
    let i = 0
    while (i < size && times[i]! >= from && times[i]! <= to) i++
    return i
  }

  /** What is wrong with a time, undefined when nothing is. */
  reasonOf(time: number, now: number, isRecordTime: boolean): InvalidTimeReason | undefined {
    if (Number.isNaN(time) && isRecordTime) return 'missing'
    if (!Number.isFinite(time)) return 'notATime'
    if (time < this.#from) return 'beforeRange'
    return time > this.latest(now) ? 'afterRange' : undefined
  }

  error(reason: InvalidTimeReason, time: number, now: number): StreamError {
    if (reason === 'missing') {
      return new StreamError(
        'RECORD_TIME_MISSING',
        'the source keeps no time with this record. Pass a function to withEventTime().',
      )
    }
    const what =
      reason === 'notATime'
        ? `an event time is epoch milliseconds; got ${time}`
        : `event time ${describeTime(time)} is ${reason === 'beforeRange' ? `before ${describeTime(this.#from)}` : `after ${describeTime(this.latest(now))}`}, outside of validTimes`
    return new StreamError(
      'EVENT_TIME_INVALID',
      `${what}. Take invalidTimes() into a sink to keep such records, or set validTimes: { onInvalid: 'skip' }.`,
    )
  }

  /** For explain(); undefined when every time is valid. */
  get detail(): string | undefined {
    const from = this.#from === -Number.MAX_VALUE ? '' : ` from ${describeTime(this.#from)}`
    const to = this.usesClock
      ? ` to ${formatDuration(this.#aheadMs)} ahead of the wall clock`
      : this.#to === Number.MAX_VALUE
        ? ''
        : ` to ${describeTime(this.#to)}`
    return from === '' && to === '' ? undefined : `valid times${from}${to}`
  }
}
