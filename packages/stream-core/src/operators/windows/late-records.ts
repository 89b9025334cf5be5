import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { TimeWindow } from '../../windows/window-assigner.ts'
import type { Late } from '../../windows/window-result.ts'
import type { WallClock } from './wall-clock.ts'
import type { WindowClock } from './window-clock.ts'

/** Collects the records that came when all their windows were closed. */
export class LateRecords<T> {
  readonly #batch = new BatchBuilder<Late<T>>()
  readonly #clock: WindowClock
  readonly #wallClock: WallClock | undefined

  constructor(clock: WindowClock, wallClock: WallClock | undefined) {
    this.#clock = clock
    this.#wallClock = wallClock
  }

  /** The window that stayed open longest says how late the record is. */
  add(batch: Batch<T>, at: number, windows: readonly TimeWindow[]): void {
    const { watermark, watermarkCloses, lateness, now } = this.#clock
    const end = windows.reduce((last, window) => Math.max(last, window.end), Number.NEGATIVE_INFINITY)
    const lateByMs = watermark - (end - 1) - lateness
    const isForgotten = watermarkCloses && lateByMs >= 0
    const time = batch.times[at]!
    const late: Late<T> = {
      value: batch.values[at]!,
      time,
      watermark,
      lateByMs: isForgotten ? lateByMs : (this.#wallClock?.lateBy(end, now) ?? 0),
      reason: isForgotten ? 'windowClosed' : 'closedByWallClock',
    }
    this.#batch.add(late, time, watermark, batch.offsets[at]!)
  }

  /** What was collected behind this batch; lent until the next one is added. */
  take({ idle, origin }: Batch<T>): Batch<Late<T>> {
    return this.#batch.take(this.#clock.watermark, idle, origin)
  }
}
