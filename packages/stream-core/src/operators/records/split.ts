import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Operator, OperatorContext, OperatorSpec, Output } from '../operator.ts'

/** Sends each record to the side output of the first predicate that holds, and to the main output when none does. */
export function split<T>(predicates: Readonly<Record<string, (value: T) => boolean>>): OperatorSpec<T, T> {
  const branches = Object.entries(predicates)
  return {
    kind: 'split',
    sideOutputs: branches.map(([name]) => name),
    start: context => new SplitOperator(branches, context),
  }
}

class SplitOperator<T> implements Operator<T> {
  readonly #predicates: readonly ((value: T) => boolean)[]
  readonly #context: OperatorContext<T>
  /** One a predicate, then the main output. */
  readonly #outputs: readonly (Output<unknown> | undefined)[]
  readonly #builders: readonly BatchBuilder<T>[]

  constructor(branches: readonly (readonly [string, (value: T) => boolean])[], context: OperatorContext<T>) {
    this.#predicates = branches.map(([, predicate]) => predicate)
    this.#context = context
    this.#outputs = [...branches.map(([name]) => context.side(name)), context.output as Output<unknown>]
    this.#builders = this.#outputs.map(() => new BatchBuilder<T>())
  }

  onBatch(batch: Batch<T>): void {
    const { values, times, watermarks, offsets, size } = batch
    const predicates = this.#predicates
    let i = 0
    try {
      for (; i < size; i++) {
        const value = values[i]!
        let branch = 0
        while (branch < predicates.length && !predicates[branch]!(value)) branch++
        if (this.#outputs[branch] !== undefined)
          this.#builders[branch]!.add(value, times[i]!, watermarks[i]!, offsets[i]!)
      }
    } catch (cause) {
      this.#context.fail(cause, batch, i)
    }
    // Every branch gets the watermark, also one without a record.
    this.#outputs.forEach((output, branch) => {
      output?.push(this.#builders[branch]!.take(batch.watermark, batch.idle, batch.origin))
    })
  }
}
