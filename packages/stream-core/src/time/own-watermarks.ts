import type { Batch } from '../batch/batch.ts'
import { StreamError } from '../errors.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { checkDuration, formatDuration } from './duration.ts'
import { readMark, type WatermarkGenerator, type WatermarkPolicy } from './watermark-policy.ts'

/**
 * Watermarks that records carry: `mark(value, time)` is called for every record, and what it returns is the watermark from behind that record on;
 * undefined says nothing. A lower one than before is ignored, as in Flink.
 */
export function punctuated<T>(mark: (value: T, time: number) => number | undefined): WatermarkPolicy<T> {
  return watermarkPolicy<T, object>({
    name: 'punctuated',
    state: () => ({}),
    onRecord: (value, time) => mark(value, time),
  })
}

/** A policy in the user's own words; one state for each partition. Times are epoch milliseconds. */
export interface WatermarkRules<T, S extends object> {
  /** For explain(). */
  readonly name: string
  /** What a partition remembers before its first record: plain data, changed in place by the functions below and kept in checkpoints. */
  readonly state: () => S
  /** Looks at a record; the result is the watermark from behind it on, undefined for "as before". A lower one than before is ignored. */
  readonly onRecord: (value: T, time: number, state: S) => number | undefined
  /**
   * Moves the watermark by the wall clock instead, every `periodMs` in which records came (Flink's onPeriodicEmit). Results then depend on when the
   * job ran: between two runs over the same records, windows may emit between other records.
   */
  readonly periodic?: { readonly periodMs: number; readonly watermark: (state: S) => number | undefined }
}

/** Makes a policy from plain functions. What they throw, and a watermark that is no time, stops the job with the place of the record. */
export function watermarkPolicy<T, S extends object>(rules: WatermarkRules<T, S>): WatermarkPolicy<T> {
  const { periodic } = rules
  if (periodic !== undefined) checkDuration('watermarkPolicy(periodMs)', periodic.periodMs)
  return {
    name:
      periodic === undefined ? rules.name : `${rules.name}, every ${formatDuration(periodic.periodMs)} of wall clock`,
    ...(periodic === undefined ? {} : { periodMs: periodic.periodMs }),
    start: () => new OwnWatermarks(rules),
  }
}

class OwnWatermarks<T, S extends object> implements WatermarkGenerator<T> {
  readonly #rules: WatermarkRules<T, S>
  #state: S
  #mark = Number.NEGATIVE_INFINITY

  constructor(rules: WatermarkRules<T, S>) {
    this.#rules = rules
    this.#state = rules.state()
  }

  stamp({ values, times, watermarks, size }: Batch<T>, fail: (cause: unknown, at: number) => never): number {
    const { onRecord } = this.#rules
    let mark = this.#mark
    let i = 0
    try {
      for (; i < size; i++) {
        watermarks[i] = mark
        const next = checked(onRecord(values[i]!, times[i]!, this.#state))
        if (next > mark) mark = next
      }
    } catch (cause) {
      fail(cause, i)
    }
    this.#mark = mark
    return mark
  }

  onPeriodicEmit(): number {
    const next = checked(this.#rules.periodic?.watermark(this.#state))
    if (next > this.#mark) this.#mark = next
    return this.#mark
  }

  write(state: StateWriter): void {
    state.float64(this.#mark).value(this.#state)
  }

  read(state: StateReader): void {
    this.#mark = readMark(state)
    this.#state = state.value() as S
  }
}

/** -Infinity says nothing, like undefined. The end of the input is not for a policy to tell. */
function checked(mark: number | undefined): number {
  if (mark === undefined) return Number.NEGATIVE_INFINITY
  if (typeof mark === 'number' && mark < Number.POSITIVE_INFINITY) return mark
  throw new StreamError(
    'WATERMARK_INVALID',
    `a watermark is epoch milliseconds, or undefined for "as before"; got ${String(mark)}. Correct the policy's function.`,
  )
}
