import type { Batch } from '../../batch/batch.ts'
import type { Operator, OperatorContext, OperatorSpec } from '../operator.ts'

/** Keeps the records for which `predicate` is true. What it drops has already moved the watermark of the records behind it. */
export function filter<T>(predicate: (value: T) => boolean): OperatorSpec<T, T> {
  return { kind: 'filter', start: context => new FilterOperator(predicate, context) }
}

class FilterOperator<T> implements Operator<T> {
  readonly #predicate: (value: T) => boolean
  readonly #context: OperatorContext<T>

  constructor(predicate: (value: T) => boolean, context: OperatorContext<T>) {
    this.#predicate = predicate
    this.#context = context
  }

  onBatch(batch: Batch<T>): void {
    const context = this.#context
    batch.size = filterLoop(this.#predicate, batch, (cause, at) => context.fail(cause, batch, at))
    context.output.push(batch)
  }
}

function filterLoop<T>(
  predicate: (value: T) => boolean,
  batch: Batch<T>,
  fail: (cause: unknown, at: number) => never,
): number {
  const { values, times, watermarks, offsets, size } = batch
  let kept = 0
  let i = 0
  try {
    for (; i < size; i++) {
      const value = values[i]!
      if (!predicate(value)) continue
      if (kept !== i) {
        values[kept] = value
        times[kept] = times[i]!
        watermarks[kept] = watermarks[i]!
        offsets[kept] = offsets[i]!
      }
      kept++
    }
  } catch (cause) {
    fail(cause, i)
  }
  return kept
}
