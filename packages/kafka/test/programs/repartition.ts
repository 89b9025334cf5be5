import { pipeline } from '@rtp/stream-core'
import { kafkaCheckpoints, kafkaSource, text } from '../../src/index.ts'
import { byGroup, countedByGroup, numbered } from './repartitioned.ts'
import { runToEnd } from './run-to-end.ts'

/** One half of a job that goes through a repartition topic: `first` writes it, `second` counts by group; until the `end`, or for ever. Says when it runs. */
const [half = '', until = '', brokers = '', input = '', between = '', output = '', partitions = ''] =
  process.argv.slice(2)
const connection = { brokers: brokers.split(',') }
const checkpoints = kafkaCheckpoints({ ...connection, transactionTimeoutMs: 600_000 })
const topic = byGroup(connection.brokers, between, Number(partitions))

const job = pipeline(`${half} half of ${between}`)
if (half === 'first') {
  const source = kafkaSource({
    ...connection,
    topic: input,
    value: text,
    ...(until === 'end' ? { until } : {}),
    fetchBytes: 4_096,
    assignment: 'all',
  })
  numbered(job.from(source)).sink(topic.sink(checkpoints))
} else
  countedByGroup(job, topic, until === 'end').sink(
    checkpoints.sink({ topic: output, value: text, key: line => line.split(' ')[0]! }),
  )
await runToEnd(job, checkpoints)
