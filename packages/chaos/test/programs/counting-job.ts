import { kafkaCheckpoints, kafkaSource, text } from '@rtp/kafka'
import { postgres, text as textColumn } from '@rtp/sinks-postgres'
import {
  boundedOutOfOrderness,
  type CheckpointStore,
  type CheckpointTriggers,
  fileCheckpointStore,
  pipeline,
  run,
  type Sink,
  seconds,
  sum,
} from '@rtp/stream-core'
import { tellWhenWorking } from './tell-when-working.ts'

/** What the program is told, as JSON. */
export interface CountingJob {
  readonly name: string
  readonly brokers: readonly string[]
  /** Topic of lines `key time number`. */
  readonly input: string
  readonly store: 'postgres' | 'file' | 'kafka'
  readonly database: string
  /** Has the tables `lines` and `totals`. */
  readonly schema: string
  /** Of the file store. */
  readonly directory: string
  readonly triggers: CheckpointTriggers
  /** True: shares the partitions with others and never ends. False: reads to the end of the topic. */
  readonly follows: boolean
}

interface Outputs {
  readonly store: CheckpointStore
  readonly lines: Sink<string>
  /** Lines `key start total`. */
  readonly totals: Sink<string>
}

/** Writes every line on, and the sum of numbers per key and second; says `working` after its first checkpoint. */
const options = JSON.parse(process.argv[2]!) as CountingJob
const { store, lines, totals } = outputsOf(options)
const job = pipeline(options.name)
const input = job.from(
  kafkaSource({
    brokers: options.brokers,
    topic: options.input,
    value: text,
    // Small batches, so that the work is many steps.
    fetchBytes: 4_096,
    ...(options.follows ? { sessionTimeoutMs: 1_000 } : { until: 'end', assignment: 'all' }),
  }),
)
input.sink(lines, { name: 'lines' })
input
  .map(line => line.split(' '))
  .map(([key = '', time, number]) => ({ key, time: Number(time), number: Number(number) }))
  .withEventTime(({ time }) => time, boundedOutOfOrderness(0))
  .keyBy(({ key }) => key, { partitionKey: true })
  .tumblingWindow(seconds(1), { name: 'per-second' })
  .aggregate({ total: sum(({ number }) => number) })
  .map(({ key, start, value }) => `${key} ${start} ${value.total}`)
  .sink(totals, { name: 'totals' })

await tellWhenWorking(run(job, { store, checkpoint: options.triggers, restart: { attempts: 3 } }))

function outputsOf({ name, brokers, store, database, schema, directory }: CountingJob): Outputs {
  if (store === 'kafka') {
    const checkpoints = kafkaCheckpoints({ brokers })
    const sink = (topic: string): Sink<string> => checkpoints.sink({ topic, value: text, key: keyOf })
    return { store: checkpoints, lines: sink(`${name}-lines`), totals: sink(`${name}-totals`) }
  }
  const db = postgres({ url: database })
  const line = { line: textColumn<string>(line => line) }
  return {
    store: store === 'file' ? fileCheckpointStore({ directory }) : db.checkpoints({ schema }),
    // Behind the file store rows are written again after a crash, so they are addressed by key.
    lines:
      store === 'file' ? db.upsert(`${schema}.lines`, line, { key: ['line'] }) : db.append(`${schema}.lines`, line),
    totals: db.upsert(
      `${schema}.totals`,
      {
        id: textColumn<string>(total => total.slice(0, total.lastIndexOf(' '))),
        total: textColumn<string>(total => total),
      },
      { key: ['id'] },
    ),
  }
}

function keyOf(line: string): string {
  return line.slice(0, line.indexOf(' '))
}
