import { AssertionError, deepStrictEqual } from 'node:assert'
import {
  type BadRecord,
  type PartitionReader,
  type Position,
  type SourceBatch,
  type SourceSession,
  silentLogger,
  systemClock,
} from '@rtp/stream-core/extend'
import { type Disposable, within } from './contract-case.ts'
import type { SourceContractOptions, SourcePlace } from './source-contract.ts'

/** A source under its contract, with the sessions and readers that a case opened. */
export class OpenedSource<T> implements Disposable {
  readonly place: SourcePlace<T>
  readonly options: SourceContractOptions<T>
  readonly job = new AbortController()
  #readers: PartitionReader<T>[] = []
  #sessions: SourceSession<T>[] = []

  constructor(options: SourceContractOptions<T>, place: SourcePlace<T>) {
    this.options = options
    this.place = place
  }

  async open(): Promise<SourceSession<T>> {
    const session = await this.place.source.open({
      job: 'source contract',
      signal: this.job.signal,
      clock: systemClock,
      logger: silentLogger,
      shareable: false,
      keepBadRecords: true,
    })
    this.#sessions.push(session)
    return session
  }

  async read(session: SourceSession<T>, partition: number, from?: Position): Promise<PartitionReader<T>> {
    const reader = await session.read(partition, from)
    this.#readers.push(reader)
    return reader
  }

  async closeReader(reader: PartitionReader<T>): Promise<void> {
    this.#readers = this.#readers.filter(other => other !== reader)
    await reader.close()
  }

  async closeSession(session: SourceSession<T>): Promise<void> {
    this.#sessions = this.#sessions.filter(other => other !== session)
    await session.close()
  }

  /** The next batch; fails when there is none. */
  async next(reader: PartitionReader<T>): Promise<SourceBatch<T>> {
    const batch = await within(reader.next(), 'the next batch', this.options.patienceMs)
    if (batch === undefined) throw new AssertionError({ message: 'the partition ended before all records had come.' })
    return batch
  }

  /** Reads on until everything expected of the partition has come, `already` records of which came before. */
  async readAll(reader: PartitionReader<T>, partition: number, already = 0): Promise<Delivered<T>> {
    const wanted = this.place.expected[partition]!.length + (this.place.expectedBad?.[partition]?.length ?? 0) - already
    const values: T[] = []
    const bad: BadRecord[] = []
    const batches: SourceBatch<T>[] = []
    while (values.length + bad.length < wanted) {
      const batch = await this.next(reader)
      batches.push(batch)
      values.push(...batch.values.slice(0, batch.size))
      bad.push(...batch.badRecords)
    }
    return { values, bad, batches }
  }

  /** Fails when a partition does not hold what it should. */
  compare(actual: readonly T[], expected: readonly T[], what: string): void {
    try {
      deepStrictEqual(actual, expected)
    } catch (cause) {
      if (!(cause instanceof AssertionError)) throw cause
      throw new AssertionError({ message: `${what}: ${cause.message}`, actual, expected })
    }
  }

  async dispose(): Promise<void> {
    for (const reader of this.#readers) await reader.close()
    for (const session of this.#sessions) await session.close()
    this.job.abort()
    await this.place.dispose?.()
  }
}

export interface Delivered<T> {
  readonly values: readonly T[]
  readonly bad: readonly BadRecord[]
  readonly batches: readonly SourceBatch<T>[]
}
