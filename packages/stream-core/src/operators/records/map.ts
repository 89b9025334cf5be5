import type { Batch } from '../../batch/batch.ts'
import type { Operator, OperatorContext, OperatorSpec } from '../operator.ts'

/** Replaces each record by `fn(record)`; time, watermark and offset stay. */
export function map<In, Out>(fn: (value: In) => Out): OperatorSpec<In, Out> {
  return { kind: 'map', start: context => new MapOperator(fn, context) }
}

class MapOperator<In, Out> implements Operator<In> {
  readonly #fn: (value: In) => Out
  readonly #context: OperatorContext<Out>

  constructor(fn: (value: In) => Out, context: OperatorContext<Out>) {
    this.#fn = fn
    this.#context = context
  }

  onBatch(batch: Batch<In>): void {
    const context = this.#context
    // The batch is ours to rewrite: its values become the results, in place.
    mapLoop(this.#fn, batch.values, batch.size, (cause, at) => context.fail(cause, batch, at))
    context.output.push(batch as Batch<unknown> as Batch<Out>)
  }
}

function mapLoop<In>(
  fn: (value: In) => unknown,
  values: unknown[],
  size: number,
  fail: (cause: unknown, at: number) => never,
): void {
  let i = 0
  try {
    for (; i < size; i++) values[i] = fn(values[i] as In)
  } catch (cause) {
    fail(cause, i)
  }
}
