import type { Batch } from '../batch/batch.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { WatermarkTracker } from '../time/watermark-tracker.ts'
import type { Operator, OperatorContext, OperatorSpec } from './operator.ts'

/** Merges several inputs of one type; the watermark is the minimum over the inputs that are not idle. */
export function union<T>(inputs: number): OperatorSpec<T, T> {
  return { kind: 'union', start: context => new UnionOperator(inputs, context) }
}

class UnionOperator<T> implements Operator<T> {
  readonly #context: OperatorContext<T>
  readonly #tracker: WatermarkTracker

  constructor(inputs: number, context: OperatorContext<T>) {
    this.#context = context
    this.#tracker = new WatermarkTracker(inputs)
  }

  onBatch(batch: Batch<T>, input: number): void {
    const tracker = this.#tracker
    const { watermark, size } = batch
    if (size > 0 || !batch.idle) batch.watermark = tracker.combine(input, batch.watermarks, size, watermark)
    if (batch.idle) batch.watermark = tracker.markIdle(input, watermark)
    batch.idle = tracker.idle
    this.#context.output.push(batch)
  }

  snapshot(state: StateWriter): void {
    this.#tracker.write(state)
  }

  restore(state: StateReader): void {
    this.#tracker.read(state)
  }
}
