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
  /** How far partitions may run ahead of each other; without bound when left out. */
  readonly alignment?: WatermarkAlignment
  /** Wall-clock milliseconds between calls of a generator's `onPeriodicEmit`; results then depend on when the job ran. */
  readonly periodMs?: number
  /** True for `sourceWatermarks()`: the generator finds the source's watermarks in the batches. */
  readonly fromSource?: boolean
  start(): WatermarkGenerator<T>
}

/** Partitions of one group wait for each other. */
export interface WatermarkAlignment {
  readonly group: string
  /** Milliseconds of event time that a partition may be ahead of the slowest one before it is no longer read. */
  readonly maxDriftMs: number
}

/** The policy at work on one partition. */
export interface WatermarkGenerator<T> {
  /**
   * Fills `batch.watermarks` with the watermark in effect when each record arrived, made by the records before it; `batch.times` is set.
   * Returns the watermark behind the last record. Must never go back. `fail` takes what is wrong with a record, or what a function of the user's threw.
   * Declared as a field, because TypeScript lets a method take too narrow a record.
   */
  readonly stamp: (batch: Batch<T>, fail: (cause: unknown, at: number) => never) => number
  /** The watermark by the wall clock, when `periodMs` of the policy have passed; undefined: as before. */
  onPeriodicEmit?(): number | undefined
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

/**
 * The watermarks that the source knows, for sources that do: a repartition topic hands on those of the job that writes it. To be called right behind the
 * source; nothing but steps of one input may lie between.
 */
export function sourceWatermarks(): WatermarkPolicy {
  return { name: 'watermarks of the source', fromSource: true, start: () => new SourceWatermarks() }
}

/** The same policy; a partition that stays silent for `afterMs` of wall-clock time no longer holds the others back. */
export function withIdleness<T>(policy: WatermarkPolicy<T>, afterMs: number): WatermarkPolicy<T> {
  checkDuration('withIdleness(after)', afterMs)
  return changed(policy, `idle after ${formatDuration(afterMs)}`, { idleAfterMs: afterMs })
}

/**
 * The same policy; a partition whose watermark is more than `maxDriftMs` ahead of the slowest one of the group is not read until that has caught
 * up (Flink's withWatermarkAlignment), so that state for times that the others have yet to reach stays bounded. All event-time steps of a job that
 * name the same group wait for each other, whatever their sources. Idle and ended partitions hold nobody back; one that has not sent anything yet
 * does, so give the policy idleness too unless every partition has records or an end. The bound holds between two batches, and within one process.
 */
export function withAlignment<T>(
  policy: WatermarkPolicy<T>,
  { group, maxDriftMs }: WatermarkAlignment,
): WatermarkPolicy<T> {
  checkDuration('withAlignment(maxDriftMs)', maxDriftMs)
  return changed(policy, `at most ${formatDuration(maxDriftMs)} ahead in group ${group}`, {
    alignment: { group, maxDriftMs },
  })
}

function changed<T>(policy: WatermarkPolicy<T>, what: string, change: Partial<WatermarkPolicy<T>>): WatermarkPolicy<T> {
  const { name, idleAfterMs, alignment, periodMs, fromSource } = policy
  return {
    name: `${name}, ${what}`,
    ...(idleAfterMs === undefined ? {} : { idleAfterMs }),
    ...(alignment === undefined ? {} : { alignment }),
    ...(periodMs === undefined ? {} : { periodMs }),
    ...(fromSource === undefined ? {} : { fromSource }),
    ...change,
    // The policy may be an instance of a class.
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
    this.#highest = readMark(state)
  }
}

class SourceWatermarks implements WatermarkGenerator<unknown> {
  #highest = Number.NEGATIVE_INFINITY

  stamp({ watermarks, size, watermark }: Batch<unknown>): number {
    let highest = this.#highest
    for (let i = 0; i < size; i++) {
      const mark = watermarks[i]!
      if (mark > highest) highest = mark
      watermarks[i] = highest
    }
    // Behind the end of the input there is nothing to wait for; it is told of in another way.
    if (watermark > highest && watermark < Number.POSITIVE_INFINITY) highest = watermark
    this.#highest = highest
    return highest
  }

  write(state: StateWriter): void {
    state.float64(this.#highest)
  }

  read(state: StateReader): void {
    this.#highest = readMark(state)
  }
}

/** A stored time that is none would stop event time for ever. */
export function readMark(state: StateReader): number {
  const mark = state.float64()
  if (Number.isNaN(mark))
    throw new StreamError('CHECKPOINT_CORRUPT', 'a stored watermark is not a time. Restore an older checkpoint.')
  return mark
}
