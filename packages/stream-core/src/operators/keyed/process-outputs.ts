import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { StreamError } from '../../errors.ts'
import type { OperatorContext, Output } from '../operator.ts'

interface Side {
  /** Undefined when nobody consumes it. */
  readonly output: Output<unknown> | undefined
  readonly builder: BatchBuilder<unknown>
}

/** What a process function has emitted and nobody has been handed yet: its main output and its sides. */
export class ProcessOutputs<R> {
  readonly #output: Output<R>
  readonly #main = new BatchBuilder<R>()
  readonly #sides: ReadonlyMap<string, Side>

  constructor(context: OperatorContext<R>, sides: readonly string[]) {
    this.#output = context.output
    this.#sides = new Map(
      sides.map(name => [name, { output: context.side(name), builder: new BatchBuilder<unknown>() }]),
    )
  }

  add(value: R, time: number, watermark: number, offset: number): void {
    this.#main.add(value, time, watermark, offset)
  }

  addTo(name: string, value: unknown, time: number, watermark: number, offset: number): void {
    const side = this.#sides.get(name)
    if (side === undefined) {
      const declared = [...this.#sides.keys()].join(', ')
      throw new StreamError(
        'SIDE_OUTPUT_INVALID',
        `emitTo() names the side output "${name}"; declared in sides: ${declared === '' ? 'none' : declared}. Declare it, or correct the name.`,
      )
    }
    if (side.output !== undefined) side.builder.add(value, time, watermark, offset)
  }

  /** Hands on all that was emitted, and the watermark behind it. */
  push(watermark: number, idle: boolean, origin: Batch<R>['origin']): void {
    this.#output.push(this.#main.take(watermark, idle, origin))
    for (const { output, builder } of this.#sides.values()) output?.push(builder.take(watermark, idle, origin))
  }

  /** Hands on what was emitted between two batches; nothing when there is nothing. */
  pushResults(watermark: number, idle: boolean): void {
    const isEmpty = this.#main.size === 0 && [...this.#sides.values()].every(({ builder }) => builder.size === 0)
    if (!isEmpty) this.push(watermark, idle, undefined)
  }
}
