import type { Batch } from '../batch/batch.ts'
import { StreamError } from '../errors.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { checkDuration, formatDuration } from './duration.ts'

/** Says how far event time has come, judging by the records of one partition. */
export interface WatermarkPolicy<T = unknown> {
  /** For explain(), e.g. `bounded out-of-orderness 5 s`. */
  readonly name: string
  /** Wall-clock milliseconds after which a silent partition no longer holds others back; never when left out. */
  readonly idleAfterMs?: number
  start(): WatermarkGenerator<T>
}

/** The policy at work on one partition. */
export interface WatermarkGenerator<T> {
  /**
   * Fills `batch.watermarks` with the watermark in effect when each record arrived, made by the records before it; `batch.times` is set.
   * Returns the watermark behind the last record. Must never go back.
   */
  stamp(batch: Batch<T>): number
  write(state: StateWriter): void
  read(state: StateReader): void
}

/**
 * Watermark = highest time so far - bound - 1 ms, so that a record exactly `boundMs` behind the highest one is still in time (as Flink's
 * BoundedOutOfOrdernessWatermarks). Before the first record there is none.
 */
export function boundedOutOfOrderness(boundMs: number): WatermarkPolicy {
  checkDuration('boundedOutOfOrderness(bound)', boundMs, { zero: true })
  return {
    name: `bounded out-of-orderness ${formatDuration(boundMs)}`,
    start: () => new BoundedOutOfOrderness(boundMs),
  }
}

/** For times that never go down within a partition: `boundedOutOfOrderness(0)`. */
export function ascendingTimes(): WatermarkPolicy {
  return { name: 'ascending times', start: () => new BoundedOutOfOrderness(0) }
}

/** The same policy; a partition that stays silent for `afterMs` of wall-clock time no longer holds the others back. */
export function withIdleness<T>(policy: WatermarkPolicy<T>, afterMs: number): WatermarkPolicy<T> {
  checkDuration('withIdleness(after)', afterMs)
  return {
    name: `${policy.name}, idle after ${formatDuration(afterMs)}`,
    idleAfterMs: afterMs,
    start: () => policy.start(),
  }
}

class BoundedOutOfOrderness implements WatermarkGenerator<unknown> {
  readonly #delay: number
  #highest = Number.NEGATIVE_INFINITY

  constructor(boundMs: number) {
    this.#delay = boundMs + 1
  }

  stamp({ times, watermarks, size }: Batch<unknown>): number {
    const delay = this.#delay
    let highest = this.#highest
    for (let i = 0; i < size; i++) {
      const time = times[i]!
      watermarks[i] = highest - delay
      if (time > highest) highest = time
    }
    this.#highest = highest
    return highest - delay
  }

  write(state: StateWriter): void {
    state.float64(this.#highest)
  }

  read(state: StateReader): void {
    const highest = state.float64()
    if (Number.isNaN(highest))
      throw new StreamError('CHECKPOINT_CORRUPT', 'a stored watermark is not a time. Restore an older checkpoint.')
    this.#highest = highest
  }
}
