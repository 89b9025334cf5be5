import type { Accumulator } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { messageOf, StreamError } from '../../errors.ts'
import type { Key } from '../../state/key.ts'
import type { Late, Pane, WindowResult } from '../../windows/window-result.ts'
import type { OperatorContext } from '../operator.ts'

/** Name of the side output of records that came too late. */
export const LATE_OUTPUT = 'late'

/** What a window operator puts out: results and late records, collected during a batch and pushed behind it. */
export class WindowOutput<K extends Key, T, R> {
  readonly #context: OperatorContext<WindowResult<K, R>>
  readonly #accumulator: Accumulator<T, R>
  readonly #results = new BatchBuilder<WindowResult<K, R>>()
  readonly #lateRecords = new BatchBuilder<Late<T>>()

  constructor(context: OperatorContext<WindowResult<K, R>>, accumulator: Accumulator<T, R>) {
    this.#context = context
    this.#accumulator = accumulator
  }

  /** The result of a slot. `watermark` is the one before the one that releases it, which it precedes. */
  emit(key: Key, start: number, end: number, slot: number, pane: Pane, watermark: number): void {
    this.#results.add({ key: key as K, start, end, value: this.#resultOf(slot), pane }, end - 1, watermark, Number.NaN)
  }

  /** A record that came when the watermark had passed `lastTime`, the last moment at which it would have been taken. */
  turnAway(batch: Batch<T>, at: number, watermark: number, lastTime: number): void {
    this.#context.metrics.lateRecords++
    if (this.#context.side(LATE_OUTPUT) === undefined) return
    const time = batch.times[at]!
    const late: Late<T> = {
      value: batch.values[at]!,
      time,
      watermark,
      lateByMs: watermark - lastTime,
      reason: 'windowClosed',
    }
    this.#lateRecords.add(late, time, watermark, batch.offsets[at]!)
  }

  /** Pushes everything of a batch. */
  finish(watermark: number, { idle, origin }: Batch<T>): void {
    this.#context.side(LATE_OUTPUT)?.push(this.#lateRecords.take(watermark, idle, origin))
    this.#context.output.push(this.#results.take(watermark, idle))
  }

  /** Pushes results that came of no batch. */
  flush(watermark: number, idle: boolean): void {
    if (this.#results.size > 0) this.#context.output.push(this.#results.take(watermark, idle))
  }

  #resultOf(slot: number): R {
    try {
      return this.#accumulator.result(slot)
    } catch (cause) {
      const { name } = this.#context
      throw new StreamError(
        'USER_FUNCTION_FAILED',
        `"${name}" could not make the result of a window: ${messageOf(cause)}`,
        { cause, place: { operator: name } },
      )
    }
  }
}
