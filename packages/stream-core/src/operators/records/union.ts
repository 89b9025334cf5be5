import type { Batch } from '../../batch/batch.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { describeTime } from '../../time/describe-time.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import type { InspectionAnswer, Operator, OperatorContext, OperatorSpec } from '../operator.ts'

/**
 * Merges several inputs of one type; the watermark is the minimum over the inputs that are not idle. Before event time is assigned (`isTimed`
 * false) there is no watermark but the end, and idleness says something of the source partition alone: it is passed on as it is, for whoever assigns
 * event time later.
 */
export function union<T>(inputs: number, isTimed = true): OperatorSpec<T, T> {
  return { kind: 'union', start: context => new UnionOperator(inputs, isTimed, context) }
}

class UnionOperator<T> implements Operator<T> {
  readonly #context: OperatorContext<T>
  readonly #inputs: number
  readonly #isTimed: boolean
  readonly #tracker: WatermarkTracker

  constructor(inputs: number, isTimed: boolean, context: OperatorContext<T>) {
    this.#context = context
    this.#inputs = inputs
    this.#isTimed = isTimed
    this.#tracker = new WatermarkTracker(inputs)
  }

  onBatch(batch: Batch<T>, input: number): void {
    const tracker = this.#tracker
    if (this.#isTimed) tracker.align(batch, input)
    else batch.watermark = tracker.combine(input, batch.watermarks, batch.size, batch.watermark)
    this.#context.output.push(batch)
  }

  inspect(): InspectionAnswer {
    const { output, slowest, idle } = this.#tracker
    const held =
      slowest === undefined
        ? `none of its inputs counts for it${idle ? ', as all are idle' : ''}`
        : `it is that of input ${slowest + 1} of ${this.#inputs}`
    return { text: `the watermark is ${describeTime(output)}: ${held}`, watermark: output }
  }

  snapshot(state: StateWriter): void {
    this.#tracker.write(state)
  }

  restore(state: StateReader): void {
    this.#tracker.read(state)
  }
}
