import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Operator, OperatorContext, OperatorSpec } from '../operator.ts'

/** Replaces each record by the records of `fn(record)`, in order; each takes over time, watermark and offset. */
export function flatMap<In, Out>(fn: (value: In) => Iterable<Out>): OperatorSpec<In, Out> {
  return { kind: 'flatMap', start: context => new FlatMapOperator(fn, context) }
}

class FlatMapOperator<In, Out> implements Operator<In> {
  readonly #fn: (value: In) => Iterable<Out>
  readonly #context: OperatorContext<Out>
  readonly #results = new BatchBuilder<Out>()

  constructor(fn: (value: In) => Iterable<Out>, context: OperatorContext<Out>) {
    this.#fn = fn
    this.#context = context
  }

  onBatch(batch: Batch<In>): void {
    const { values, times, watermarks, offsets, size } = batch
    const results = this.#results
    let i = 0
    try {
      for (; i < size; i++) {
        for (const result of this.#fn(values[i]!)) results.add(result, times[i]!, watermarks[i]!, offsets[i]!)
      }
    } catch (cause) {
      this.#context.fail(cause, batch, i)
    }
    this.#context.output.push(results.take(batch.watermark, batch.idle, batch.origin))
  }
}
