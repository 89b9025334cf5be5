import { AssertionError, deepStrictEqual } from 'node:assert'
import { inspect } from 'node:util'
import { type Batch, type SealedOutput, type SinkWriter, silentLogger, systemClock } from '@rtp/stream-core/extend'
import { batchOf } from '../operators/operator-harness.ts'
import { spoilBatch } from '../operators/output-log.ts'
import type { Disposable } from './contract-case.ts'
import type { SinkContractOptions, SinkPlace } from './sink-contract.ts'

/** A sink under its contract, with the openings that a case made. */
export class OpenedSink<T> implements Disposable {
  readonly place: SinkPlace<T>
  readonly options: SinkContractOptions<T>
  readonly #abort = new AbortController()
  #writers: SinkWriter<T>[] = []

  constructor(options: SinkContractOptions<T>, place: SinkPlace<T>) {
    this.options = options
    this.place = place
  }

  /** True when parts join a transaction instead of being flushed. */
  get joins(): boolean {
    return (this.options.durableBy ?? (this.place.sink.scope === undefined ? 'flush' : 'join')) === 'join'
  }

  async open(): Promise<SinkWriter<T>> {
    const { sink } = this.place
    const writer = await sink.open({
      job: 'sink contract',
      name: sink.name,
      signal: this.#abort.signal,
      clock: systemClock,
      logger: silentLogger,
    })
    this.#writers.push(writer)
    return writer
  }

  async close(writer: SinkWriter<T>): Promise<void> {
    this.#writers = this.#writers.filter(other => other !== writer)
    await writer.close()
  }

  /** Writes the records with these numbers in one batch, and spoils it as its loan is over. */
  write(writer: SinkWriter<T>, ...numbers: number[]): void {
    this.writeBatch(writer, batchOf(this.records(numbers), { times: numbers.map(number => number * 1_000) }))
  }

  writeBatch(writer: SinkWriter<T>, batch: Batch<T>): void {
    batch.origin = { source: 'contract', partition: 'contract/0', index: 0 }
    writer.write(batch)
    spoilBatch(batch)
  }

  seal(writer: SinkWriter<T>): SealedOutput {
    const part = writer.seal()
    if (part === undefined)
      throw new AssertionError({ message: 'seal() returned nothing, though records were written.' })
    return part
  }

  /** Makes parts durable, those that join in one transaction. */
  async commit(...parts: SealedOutput[]): Promise<void> {
    if (!this.joins) {
      for (const part of parts) await part.flush()
      return
    }
    await this.transaction(async transaction => {
      for (const part of parts) await part.join?.(transaction)
    })
  }

  async transaction(work: (transaction: unknown) => Promise<void>): Promise<void> {
    if (this.place.transaction === undefined) {
      throw new AssertionError({ message: 'the sink has a scope: its contract needs `transaction` to join parts to.' })
    }
    await this.place.transaction(work)
  }

  /** Fails unless exactly the records with these numbers are visible, in this order where order counts. */
  async shows(numbers: readonly number[], when: string): Promise<void> {
    const inOrder = (records: readonly T[]) =>
      this.options.ordered === false ? records.map(textOf).sort() : records.map(textOf)
    const message = `what is visible ${when}`
    const visible = inOrder(await this.place.visible())
    const expected = inOrder(this.records(numbers))
    try {
      deepStrictEqual(visible, expected)
    } catch (cause) {
      throw cause instanceof AssertionError
        ? new AssertionError({ message: `${message}: ${cause.message}`, actual: visible, expected })
        : cause
    }
  }

  records(numbers: readonly number[]): T[] {
    return numbers.map(number => this.options.record(number))
  }

  async dispose(): Promise<void> {
    for (const writer of this.#writers) await writer.close()
    this.#abort.abort()
    await this.place.dispose?.()
  }
}

function textOf(value: unknown): string {
  return inspect(value, { depth: 10, sorted: true, maxArrayLength: null, maxStringLength: null })
}
