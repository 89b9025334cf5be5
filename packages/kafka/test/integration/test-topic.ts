import { randomUUID } from 'node:crypto'
import {
  type PartitionReader,
  type SinkContext,
  type SourceBatch,
  type SourceContext,
  silentLogger,
  systemClock,
} from '@rtp/stream-core/extend'
import type { BrokerAddress } from '@rtp/test-servers/vitest'
import { ensureTopic, partitionOfKey, type TopicSpec } from '../../src/index.ts'

export interface TestTopic {
  readonly topic: string
  readonly brokers: readonly string[]
}

/** A topic of the test's own. */
export async function freshTopic(broker: BrokerAddress, spec: Omit<TopicSpec, 'topic'> = {}): Promise<TestTopic> {
  const topic = `test-${randomUUID()}`
  await ensureTopic({ brokers: broker.brokers }, { topic, configs: { 'retention.ms': '-1' }, ...spec })
  return { topic, brokers: broker.brokers }
}

export function sourceContext(changes: Partial<SourceContext> = {}): SourceContext {
  return {
    job: `job-${randomUUID()}`,
    signal: new AbortController().signal,
    clock: systemClock,
    logger: silentLogger,
    shareable: false,
    keepBadRecords: true,
    ...changes,
  }
}

export function sinkContext(changes: Partial<SinkContext> = {}): SinkContext {
  return {
    job: 'job',
    name: 'sink',
    signal: new AbortController().signal,
    clock: systemClock,
    logger: silentLogger,
    ...changes,
  }
}

/** Everything up to the end of a bounded reader. */
export async function readAll<T>(reader: PartitionReader<T>): Promise<SourceBatch<T>[]> {
  const batches: SourceBatch<T>[] = []
  for (let batch = await reader.next(); batch; batch = await reader.next()) batches.push(batch)
  return batches
}

export function valuesOf<T>(batches: readonly SourceBatch<T>[]): T[] {
  return batches.flatMap(({ values, size }) => values.slice(0, size))
}

export function offsetsOf(batches: readonly SourceBatch<unknown>[]): number[] {
  return batches.flatMap(({ offsets, size }) => [...offsets.subarray(0, size)])
}

/** A line `key time number` for each partition, which closes every window before that time. */
export function closingLines(partitions: number, time: number): string[] {
  return Array.from({ length: partitions }, (_, partition) => {
    for (let number = 0; ; number++) {
      const key = `closing-${number}`
      if (partitionOfKey(Buffer.from(key), partitions) === partition) return `${key} ${time} 0`
    }
  })
}
