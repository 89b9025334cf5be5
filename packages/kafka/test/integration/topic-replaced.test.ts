import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import { memoryCheckpointStore, pipeline, type RunOptions, run } from '@rtp/stream-core'
import type { CheckpointStore } from '@rtp/stream-core/extend'
import { batchOf, recordingSink } from '@rtp/stream-testing'
import { type BrokerAddress, forEachBroker } from '@rtp/test-servers/vitest'
import { afterEach, describe, expect, it, test } from 'vitest'
import { deleteTopic, ensureTopic, kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { freshTopic, sinkContext, sourceContext, type TestTopic } from './test-topic.ts'

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

async function write({ brokers, topic }: TestTopic, values: readonly string[]): Promise<void> {
  const writer = await kafkaSink<string>({ brokers, topic, value: text }).open(sinkContext())
  writer.write(batchOf(values))
  await writer.seal()!.flush()
  await writer.close()
}

/** Another topic under the name, with as many records in it. */
async function replace(topic: TestTopic, values: readonly string[]): Promise<void> {
  await deleteTopic({ brokers: topic.brokers }, topic.topic)
  // A broker may be at the deletion for a moment still.
  await expect
    .poll(
      () =>
        ensureTopic({ brokers: topic.brokers }, { topic: topic.topic }).then(
          ({ created }) => created,
          () => false,
        ),
      {
        timeout: 20_000,
      },
    )
    .toBe(true)
  await write(topic, values)
}

async function copied({ brokers, topic }: TestTopic, store: CheckpointStore, options: RunOptions = {}, name?: string) {
  const job = pipeline('copy')
  const sink = recordingSink<string>()
  job.from(kafkaSource({ brokers, topic, value: text, until: 'end' }), name === undefined ? {} : { name }).sink(sink)
  await run(job, { store, ...options }).done
  return sink.values
}

const durable = (): CheckpointStore => ({ ...memoryCheckpointStore(), durable: true })

forEachBroker((broker: BrokerAddress) => {
  describe('a topic that was deleted and made anew under its name', () => {
    test('is noticed by a job that starts again, although it holds the position, and can be read from its start', async () => {
      const topic = await freshTopic(broker)
      await write(topic, numbered(10))
      const store = durable()
      expect(await copied(topic, store)).toEqual(numbered(10))
      await replace(topic, numbered(20))
      const refused = await copied(topic, store).catch(error => error)
      expect(refused).toMatchObject({ code: 'SOURCE_REPLACED', retryable: false })
      expect(refused.message).toMatch(/source "kafka test-.*\(topic id [0-9a-f]{32} then, topic id [0-9a-f]{32} now\)/)
      const anew = { dropState: [`kafka ${topic.topic}`] }
      expect(await copied(topic, store, anew, 'the new one')).toEqual(numbered(20))
    })

    test('is noticed by a job that is reading it, although it holds the position', async () => {
      const topic = await freshTopic(broker)
      await write(topic, numbered(10))
      const session = await kafkaSource({ ...topic, value: text }).open(sourceContext())
      const reader = await session.read(0, undefined)
      expect((await reader.next())!.size).toBe(10)
      const next = reader.next().catch(error => error)
      await replace(topic, numbered(20))
      expect(await next).toMatchObject({
        code: expect.stringMatching(/^KAFKA_TOPIC_(REPLACED|MISSING)$/),
        retryable: false,
        message: expect.stringContaining(`topic ${topic.topic} at`),
      })
      await session.close()
    })
  })
})

describe('a topic that was made anew at a broker', () => {
  let broker: EmbeddedBroker
  afterEach(() => broker.stop())

  const start = async (options = {}): Promise<TestTopic> => {
    broker = await startBroker(options)
    broker.createTopic('topic')
    return { topic: 'topic', brokers: [broker.address] }
  }

  it('is never mixed with the old one, also when it is replaced between two answers', async () => {
    const topic = await start()
    await write(topic, numbered(10))
    const session = await kafkaSource({ ...topic, value: text }).open(sourceContext())
    const reader = await session.read(0, undefined)
    await reader.next()
    const next = reader.next().catch(error => error)
    broker.faults.pause()
    broker.faults.deleteTopic('topic')
    broker.createTopic('topic')
    broker.faults.resume()
    await write(topic, numbered(20))
    expect(await next).toMatchObject({ code: 'KAFKA_TOPIC_REPLACED' })
    await session.close()
  })

  it('keeps its id over restarts of the broker', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'rtp-topic-id-'))
    const topic = await start({ dataDir })
    await write(topic, numbered(5))
    const store = durable()
    await copied(topic, store)
    await broker.stop()
    broker = await startBroker({ dataDir })
    const again = { ...topic, brokers: [broker.address] }
    await write(again, ['5'])
    expect(await copied(again, store)).toEqual(['5'])
    await broker.stop()
    await rm(dataDir, { recursive: true })
  })

  it('without ids: is read as ever, and what lies behind its end is noticed', async () => {
    const topic = await start({ newestVersions: { Metadata: 6, Fetch: 11 } })
    await write(topic, numbered(10))
    const store = durable()
    expect(await copied(topic, store)).toEqual(numbered(10))
    broker.faults.deleteTopic('topic')
    broker.createTopic('topic')
    await write(topic, numbered(5))
    await expect(copied(topic, store)).rejects.toMatchObject({
      code: 'KAFKA_OFFSET_OUT_OF_RANGE',
      message: expect.stringMatching(/offset 10, available are 0 to 5.*truncated or the topic was made anew/),
    })
  })
})
