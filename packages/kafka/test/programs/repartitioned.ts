import {
  boundedOutOfOrderness,
  count,
  type Pipeline,
  type SourceStream,
  type Stream,
  seconds,
  sourceWatermarks,
  sum,
} from '@rtp/stream-core'
import { field, json, type Repartition, repartition } from '../../src/index.ts'

export interface Numbered {
  readonly group: number
  readonly number: number
}

/** Number of the groups that records are counted by; nothing to do with the keys by which they are written. */
export const GROUPS = 17

export function byGroup(brokers: readonly string[], topic: string, partitions: number): Repartition<Numbered> {
  return repartition({
    brokers,
    topic,
    key: ({ group }) => group,
    value: json({ group: field.integer(), number: field.integer() }),
    create: { partitions },
  })
}

/** `key time number` per record; lines of other keys than `key-...` count for the watermark alone. */
export function numbered(lines: SourceStream<string>): Stream<Numbered> {
  return lines
    .map(line => line.split(' '))
    .map(([key = '', time, number]) => ({ key, time: Number(time), number: Number(number) }))
    .withEventTime(({ time }) => time, boundedOutOfOrderness(0))
    .filter(({ key }) => key.startsWith('key-'))
    .map(({ number }) => ({ group: number % GROUPS, number }))
}

/** `key-group start count sum` per group and second. */
export function countedByGroup(job: Pipeline, topic: Repartition<Numbered>, bounded: boolean): Stream<string> {
  return job
    .from(topic.source({ assignment: 'all', fetchBytes: 4_096, ...(bounded ? { until: 'end' } : {}) }))
    .withEventTime('record', sourceWatermarks())
    .keyBy(topic.key, { partitionKey: true })
    .tumblingWindow(seconds(1), { name: 'per-second' })
    .aggregate({ count: count(), sum: sum(({ number }) => number) })
    .map(({ key, start, value }) => `key-${key} ${start} ${value.count} ${value.sum}`)
}
