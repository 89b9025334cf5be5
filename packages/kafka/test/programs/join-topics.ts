import { boundedOutOfOrderness, type Pipeline, pipeline, seconds, tumbling } from '@rtp/stream-core'
import { kafkaCheckpoints, kafkaSource, text } from '../../src/index.ts'
import { runToEnd } from './run-to-end.ts'

/**
 * Reads `key time number` from two topics, in a group with others, and writes `key start count:sum count:sum` for each key and second, until the
 * `end` of the input, or for ever; says when it runs.
 */
const [until = '', brokers = '', left = '', right = '', output = '', sessionTimeoutMs = ''] = process.argv.slice(2)
const connection = { brokers: brokers.split(',') }
const checkpoints = kafkaCheckpoints({ ...connection, transactionTimeoutMs: 600_000 })

const job = pipeline(`join ${left}`)
keyed(job, left)
  .windowJoin(keyed(job, right))
  .window(tumbling(seconds(1)))
  .coGroup((one, other) => [`${one.length}:${sum(one)} ${other.length}:${sum(other)}`], { name: 'both' })
  .map(({ key, start, value }) => `${key} ${start} ${value}`)
  .sink(checkpoints.sink({ topic: output, value: text, key: line => line.split(' ')[0]! }))
await runToEnd(job, checkpoints)

function keyed(job: Pipeline, topic: string) {
  return job
    .from(
      kafkaSource({
        ...connection,
        topic,
        value: text,
        ...(until === 'end' ? { until } : {}),
        fetchBytes: 4_096,
        sessionTimeoutMs: Number(sessionTimeoutMs),
      }),
    )
    .map(line => line.split(' '))
    .map(([key = '', time, number]) => ({ key, time: Number(time), number: Number(number) }))
    .withEventTime(({ time }) => time, boundedOutOfOrderness(0))
    .keyBy(({ key }) => key, { partitionKey: true })
}

function sum(side: readonly { readonly number: number }[]): number {
  return side.reduce((total, { number }) => total + number, 0)
}
