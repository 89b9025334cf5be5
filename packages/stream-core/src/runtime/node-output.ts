import { type Batch, copyBatch } from '../batch/batch.ts'
import type { TaskLayout } from '../checkpoint/checkpoint-store.ts'
import type { SinkTask, SinkWriter } from '../connectors/sink.ts'
import type { SinkMetrics } from '../metrics/job-metrics.ts'
import type { OperatorMetrics } from '../metrics/operator-metrics.ts'
import type { Operator, Output } from '../operators/operator.ts'

/** One output of a node within a task: counts what passes and hands it to every consumer. */
export class NodeOutput implements Output<unknown> {
  /** Sinks only read a batch, so they see it first, all of them the same one. */
  readonly #readers: readonly Output<unknown>[]
  /** Operators rewrite a batch, so all but the last get a copy. */
  readonly #rewriters: readonly Output<unknown>[]
  readonly #metrics: OperatorMetrics | undefined

  constructor(consumers: readonly Output<unknown>[], metrics: OperatorMetrics | undefined) {
    this.#readers = consumers.filter(consumer => consumer instanceof SinkInput)
    this.#rewriters = consumers.filter(consumer => !(consumer instanceof SinkInput))
    this.#metrics = metrics
  }

  push(batch: Batch<unknown>): void {
    const metrics = this.#metrics
    if (metrics !== undefined) {
      metrics.recordsOut += batch.size
      metrics.watermark = batch.watermark
    }
    for (const reader of this.#readers) reader.push(batch)
    const rewriters = this.#rewriters
    for (let i = 0; i < rewriters.length; i++) rewriters[i]!.push(i === rewriters.length - 1 ? batch : copyBatch(batch))
  }
}

/** The way into one input of an operator. */
export class OperatorInput implements Output<unknown> {
  readonly #operator: Operator<unknown>
  readonly #input: number
  readonly #metrics: OperatorMetrics

  constructor(operator: Operator<unknown>, input: number, metrics: OperatorMetrics) {
    this.#operator = operator
    this.#input = input
    this.#metrics = metrics
  }

  push(batch: Batch<unknown>): void {
    this.#metrics.recordsIn += batch.size
    this.#operator.onBatch(batch, this.#input)
  }
}

/** The way into a sink, which all tasks of the process share. */
export class SinkInput implements Output<unknown> {
  readonly #writer: SinkWriter<unknown>
  readonly #metrics: SinkMetrics
  readonly #task: SinkTask

  constructor(writer: SinkWriter<unknown>, metrics: SinkMetrics, task: SinkTask) {
    this.#writer = writer
    this.#metrics = metrics
    this.#task = task
  }

  push(batch: Batch<unknown>): void {
    const writer = this.#writer
    this.#metrics.records += batch.size
    if (writer.writeOf !== undefined) writer.writeOf(this.#task, batch)
    else if (batch.size > 0) writer.write(batch)
  }
}

/** A task as a sink sees it; tasks are named by their numbers. */
export function sinkTaskOf(name: string, { mode, partitions }: TaskLayout): SinkTask {
  return { index: Number(name), count: mode === 'single' ? 1 : Math.max(...Object.values(partitions)) }
}
