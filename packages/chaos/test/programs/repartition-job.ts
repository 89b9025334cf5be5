import {
  field,
  json,
  kafkaCheckpoints,
  kafkaSource,
  type RepartitionSourceOptions,
  repartition,
  text,
} from '@rtp/kafka'
import { int8, postgres, text as textColumn } from '@rtp/sinks-postgres'
import { boundedOutOfOrderness, pipeline, run, seconds, sourceWatermarks, sum } from '@rtp/stream-core'
import { tellWhenWorking } from './tell-when-working.ts'

/** What the program is told, as JSON. */
export interface RepartitionJob {
  /** 'spread' writes the repartition topic, 'count' reads it into PostgreSQL. */
  readonly half: 'spread' | 'count'
  readonly brokers: readonly string[]
  /** Topic of lines `key time number`. */
  readonly input: string
  readonly between: string
  readonly database: string
  /** Has the tables `numbers` and `totals`. */
  readonly schema: string
  /** True: shares the partitions with others and never ends. False: reads to the end of the topic. */
  readonly follows: boolean
}

/** Number of the groups that are counted: they have nothing to do with the keys of the input. */
export const GROUPS = 7

/** One half of a job that goes through a repartition topic; says `working` after its first checkpoint. */
if (process.argv[2] !== undefined) await work(JSON.parse(process.argv[2]) as RepartitionJob)

async function work({ half, brokers, input, between, database, schema, follows }: RepartitionJob): Promise<void> {
  const byGroup = repartition({
    brokers,
    topic: between,
    key: ({ group }) => group,
    value: json({ group: field.integer(), number: field.integer() }),
    create: { partitions: 3 },
  })
  // Small batches, so that the work is many steps.
  const reading: RepartitionSourceOptions = {
    fetchBytes: 4_096,
    ...(follows ? { sessionTimeoutMs: 6_000 } : { until: 'end', assignment: 'all' }),
  }
  const checkpoints = kafkaCheckpoints({ brokers })
  const db = postgres({ url: database })
  const job = pipeline(`${half} ${schema}`)
  if (half === 'spread') {
    job
      .from(kafkaSource({ brokers, topic: input, value: text, ...reading }))
      .map(line => line.split(' '))
      .map(([key = '', time, number]) => ({ key, time: Number(time), number: Number(number) }))
      .withEventTime(({ time }) => time, boundedOutOfOrderness(0))
      .filter(({ key }) => key.startsWith('key-'))
      .map(({ number }) => ({ group: number % GROUPS, number }))
      .sink(byGroup.sink(checkpoints))
  } else {
    const numbers = job.from(byGroup.source(reading)).withEventTime('record', sourceWatermarks())
    numbers.sink(db.append(`${schema}.numbers`, { number: int8(({ number }) => number) }), { name: 'numbers' })
    numbers
      .keyBy(byGroup.key, { partitionKey: true })
      .tumblingWindow(seconds(1), { name: 'per-second' })
      .aggregate({ total: sum(({ number }) => number) })
      .sink(
        db.upsert(
          `${schema}.totals`,
          {
            id: textColumn(({ key, start }) => `${key} ${start}`),
            total: int8(({ value }) => value.total),
          },
          { key: ['id'] },
        ),
        { name: 'totals' },
      )
  }
  const store = half === 'spread' ? checkpoints : db.checkpoints({ schema })
  await tellWhenWorking(run(job, { store, checkpoint: { intervalMs: 20, records: 100 }, restart: { attempts: 3 } }))
}
