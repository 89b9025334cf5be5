import { randomUUID } from 'node:crypto'
import {
  boundedOutOfOrderness,
  count,
  memoryCheckpointStore,
  milliseconds,
  type Pipeline,
  pipeline,
  run,
  type Stream,
  sourceWatermarks,
  sum,
  toArray,
  withIdleness,
} from '@rtp/stream-core'
import { pause, records, type SourceStep, scriptedSource } from '@rtp/stream-testing'
import { type BrokerAddress, forEachBroker } from '@rtp/test-servers/vitest'
import { expect, it } from 'vitest'
import { field, json, kafkaCheckpoints, kafkaSink, type Repartition, repartition, text } from '../../src/index.ts'
import { freshTopic } from './test-topic.ts'

interface Sale {
  readonly shop: number
  readonly at: number
  readonly amount: number
}

const SHOPS = 12
const BOUND = 40

function topicOf(broker: BrokerAddress, partitions: number): Repartition<Sale> {
  return repartition({
    brokers: broker.brokers,
    topic: `between-${randomUUID()}`,
    key: ({ shop }) => shop,
    value: json({ shop: field.integer(), at: field.integer(), amount: field.integer() }),
    create: { partitions },
  })
}

/** Sales of all shops in each partition, up to `disorder` ms out of order. */
function sales(partition: number, size: number, disorder: number): Sale[] {
  let seed = partition + 1
  const random = (below: number): number => {
    seed = (seed * 48_271) % 0x7fffffff
    return seed % below
  }
  return Array.from({ length: size }, (_, index) => ({
    shop: random(SHOPS),
    at: 1_000 + index * 7 - random(disorder + 1),
    amount: random(100),
  }))
}

/** Windows of each shop, and what came too late for them. */
function counted(job: Pipeline, stream: Stream<Sale>, isPartitionKey: boolean) {
  const [windows, late]: [string[], string[]] = [[], []]
  const results = stream
    .keyBy(({ shop }) => shop, { partitionKey: isPartitionKey })
    .tumblingWindow(milliseconds(100), { name: 'windows' })
    .aggregate({ n: count(), amount: sum(({ amount }) => amount) })
  results.map(({ key, start, value }) => `${key} ${start} ${value.n} ${value.amount}`).sink(toArray(windows))
  results
    .late()
    .map(({ value }) => JSON.stringify(value))
    .sink(toArray(late))
  return { job, sorted: () => ({ windows: [...windows].sort(), late: [...late].sort() }) }
}

async function withOneTask(partitions: readonly (readonly Sale[])[]) {
  const job = pipeline('one task')
  const source = scriptedSource(partitions.map(partition => records(partition)))
  const result = counted(
    job,
    job.from(source).withEventTime(({ at }) => at, boundedOutOfOrderness(BOUND)),
    false,
  )
  await run(job).done
  return result.sorted()
}

/** The first half: from partitions, in a task each, into the topic. */
function firstHalf(
  broker: BrokerAddress,
  topic: Repartition<Sale>,
  partitions: readonly SourceStep<Sale>[][],
  idleMs?: number,
) {
  const checkpoints = kafkaCheckpoints({ brokers: broker.brokers })
  const job = pipeline(`first ${randomUUID()}`)
  const policy = boundedOutOfOrderness(BOUND)
  job
    .from(scriptedSource(partitions, { batchSize: 50 }))
    .withEventTime(({ at }) => at, idleMs === undefined ? policy : withIdleness(policy, idleMs))
    .sink(topic.sink(checkpoints))
  return run(job, { store: checkpoints, checkpoint: { records: 90, intervalMs: 20 } })
}

function secondHalf(topic: Repartition<Sale>) {
  const job = pipeline(`second ${randomUUID()}`)
  const stream = job
    .from(topic.source({ assignment: 'all', fetchBytes: 2_048 }))
    .withEventTime('record', sourceWatermarks())
  const result = counted(job, stream, true)
  return { ...result, running: run(job, { checkpoint: { records: 70 } }) }
}

forEachBroker(broker => {
  it('through 1, 2 or 6 partitions from 1 or 3 tasks, windows are those of one task, and the job ends with its input', async () => {
    for (const tasks of [1, 3]) {
      const input = Array.from({ length: tasks }, (_, partition) => sales(partition, 400, BOUND))
      const expected = await withOneTask(input)
      expect(expected.late).toEqual([])
      for (const partitions of [1, 2, 6]) {
        const topic = topicOf(broker, partitions)
        const first = firstHalf(
          broker,
          topic,
          input.map(values => records(values)),
        )
        const second = secondHalf(topic)
        expect((await first.done).state).toBe('finished')
        expect((await second.running.done).state).toBe('finished')
        expect(second.sorted()).toEqual(expected)
        expect(second.running.metrics().operators.filter(({ kind }) => kind === 'eventTime')).toHaveLength(partitions)
      }
    }
  }, 60_000)

  it('the same records are late that were late in the partition that they come from', async () => {
    const input = [sales(7, 600, 10 * BOUND)]
    const expected = await withOneTask(input)
    expect(expected.late.length).toBeGreaterThan(50)
    const topic = topicOf(broker, 6)
    await firstHalf(
      broker,
      topic,
      input.map(values => records(values)),
    ).done
    const second = secondHalf(topic)
    await second.running.done
    expect(second.sorted()).toEqual(expected)
  }, 30_000)

  it('there is no watermark before every task has been heard of, and a task that is idle holds nobody back', async () => {
    for (const idleMs of [undefined, 200]) {
      const silence = pause()
      const partitions: SourceStep<Sale>[][] = [[...records(sales(0, 200, 0)), silence], [silence]]
      const topic = topicOf(broker, 2)
      const first = firstHalf(broker, topic, partitions, idleMs)
      await expect.poll(() => first.state).toBe('running')
      const second = secondHalf(topic)
      const sources = () => second.running.metrics().sources
      const isRead = () => sources().reduce((sum, one) => sum + one.records, 0) === 200
      await expect.poll(isRead, { timeout: 10_000 }).toBe(true)
      if (idleMs === undefined) {
        expect(sources().map(({ watermark }) => watermark)).toEqual([
          Number.NEGATIVE_INFINITY,
          Number.NEGATIVE_INFINITY,
        ])
        expect(second.sorted().windows).toEqual([])
      } else await expect.poll(() => second.sorted().windows.length, { timeout: 10_000 }).toBeGreaterThan(100)
      silence.release()
      await Promise.all([first.done, second.running.done])
      expect(second.sorted()).toEqual(await withOneTask([sales(0, 200, 0), []]))
    }
  }, 30_000)

  it('refuses a topic that two jobs write, and one that something else has written', async () => {
    const topic = topicOf(broker, 1)
    await firstHalf(broker, topic, [records(sales(0, 10, 0))]).done
    await firstHalf(broker, topic, [records(sales(0, 10, 0))]).done
    await expect(secondHalf(topic).running.done).rejects.toThrow(
      /KAFKA_REPARTITION_INVALID: between-.*\/0, offset \d+: the record was written by another job/,
    )
    const plain = await freshTopic(broker)
    const strange = pipeline('strange')
    strange.from(['{}']).sink(kafkaSink({ ...plain, value: text }))
    await run(strange).done
    const reading = repartition<Sale>({ ...plain, key: ({ shop }) => shop, value: json() })
    await expect(secondHalf(reading).running.done).rejects.toThrow('KAFKA_REPARTITION_INVALID')
  }, 30_000)

  it('refuses to write outside the transactions of its checkpoints', async () => {
    const topic = topicOf(broker, 1)
    const job = pipeline('elsewhere')
    job
      .from(scriptedSource([records(sales(0, 10, 0))]))
      .withEventTime(({ at }) => at, boundedOutOfOrderness(0))
      .sink(topic.sink(kafkaCheckpoints({ brokers: broker.brokers })))
    await expect(run(job, { store: memoryCheckpointStore() }).done).rejects.toThrow(
      'writes in the transactions of its checkpoints alone',
    )
  })
})
