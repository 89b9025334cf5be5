import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Late } from '../../windows/window-result.ts'
import type { OperatorContext } from '../operator.ts'
import type { JoinInput } from './join-kind.ts'

/** Names of the side outputs of records that came too late, by input. */
export const LATE_SIDES = ['lateLeft', 'lateRight'] as const

/** Records of one input that came too late for a join. */
export class LateSide<T> {
  readonly #context: OperatorContext<never>
  readonly #name: string
  readonly #records = new BatchBuilder<Late<T>>()

  constructor(context: OperatorContext<never>, input: JoinInput) {
    this.#context = context
    this.#name = LATE_SIDES[input]
  }

  /** Takes record `at` of the batch; `lateByMs` is how far it was behind the last moment at which it would have been taken. */
  add(batch: Batch<T>, at: number, watermark: number, lateByMs: number, outputWatermark: number): void {
    this.#context.metrics.lateRecords++
    if (this.#context.side(this.#name) === undefined) return
    const time = batch.times[at]!
    const late: Late<T> = { value: batch.values[at]!, time, watermark, lateByMs, reason: 'joinPassed' }
    this.#records.add(late, time, outputWatermark, batch.offsets[at]!)
  }

  push(watermark: number, idle: boolean): void {
    this.#context.side(this.#name)?.push(this.#records.take(watermark, idle))
  }
}
