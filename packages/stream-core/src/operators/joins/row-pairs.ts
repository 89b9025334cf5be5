import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { OperatorContext } from '../operator.ts'
import type { Combine, JoinInput } from './join-kind.ts'

/** The results of a join of rows: pairs, and rows without a partner. What the user's function throws names the record that is being worked on. */
export class RowPairs<L, R, O> {
  readonly #combine: Combine<L, R, O>
  readonly #context: OperatorContext<O>
  readonly #results = new BatchBuilder<O>()

  constructor(combine: Combine<L, R, O>, context: OperatorContext<O>) {
    this.#combine = combine
    this.#context = context
  }

  get size(): number {
    return this.#results.size
  }

  /** The row of `input` at `at` has found a partner. */
  add(batch: Batch<L | R>, at: number, input: JoinInput, partner: unknown, time: number, watermark: number): void {
    const row: unknown = batch.values[at]
    const result = input === 0 ? this.#made(row, partner, batch, at) : this.#made(partner, row, batch, at)
    this.#results.add(result, time, watermark, batch.offsets[at]!)
  }

  /** A row comes out without a partner, which may be long after it came: the record at `at` is the one that shows it. */
  addAlone(batch: Batch<L | R>, at: number, input: JoinInput, row: unknown, time: number, watermark: number): void {
    const result = input === 0 ? this.#made(row, null, batch, at) : this.#made(null, row, batch, at)
    this.#results.add(result, time, watermark, Number.NaN)
  }

  push(watermark: number, idle: boolean): void {
    this.#context.output.push(this.#results.take(watermark, idle))
  }

  #made(left: unknown, right: unknown, batch: Batch<L | R>, at: number): O {
    try {
      return this.#combine(left as L | null, right as R | null)
    } catch (cause) {
      return this.#context.fail(cause, batch, at)
    }
  }
}
