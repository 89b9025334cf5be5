import { memoryCheckpointStore, pipeline, run } from '@rtp/stream-core'
import type { CheckpointStore } from '@rtp/stream-core/extend'
import { batchOf, recordingSink } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { freshTopic, sinkContext, sourceContext, type TestTopic } from './test-topic.ts'

async function write({ brokers, topic }: TestTopic, from: number, count: number): Promise<void> {
  const writer = await kafkaSink<string>({ brokers, topic, value: text, batchBytes: 1_000 }).open(sinkContext())
  writer.write(batchOf(Array.from({ length: count }, (_, i) => String(from + i).padStart(100, '0'))))
  await writer.seal()!.flush()
  await writer.close()
}

/** As retention does it, at a moment of the test's choice. */
async function deleteBefore({ brokers, topic }: TestTopic, offset: number): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  // kafkajs needs to have heard of the topic.
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
  await admin.disconnect()
}

forEachBroker(broker => {
  describe('records that are deleted before they are read', () => {
    test('stop a job that starts again, with topic, partition, wanted and available offsets', async () => {
      const topic = await freshTopic(broker)
      const store: CheckpointStore = { ...memoryCheckpointStore(), durable: true }
      const copy = async () => {
        const job = pipeline('copy')
        const sink = recordingSink<string>()
        job.from(kafkaSource({ ...topic, value: text, until: 'end' })).sink(sink)
        const running = run(job, { store })
        await running.done.catch(() => {})
        return { rows: sink.values.length, failure: running.failure, failures: running.metrics().failures }
      }
      await write(topic, 0, 10)
      expect(await copy()).toMatchObject({ rows: 10, failure: undefined })
      await write(topic, 10, 20)
      await deleteBefore(topic, 25)
      const { rows, failure, failures } = await copy()
      expect(rows).toBe(0)
      expect(failure).toMatchObject({
        code: 'KAFKA_OFFSET_OUT_OF_RANGE',
        retryable: false,
        place: { partition: `${topic.topic}/0`, offset: 10 },
        message: expect.stringMatching(
          new RegExp(
            `topic ${topic.topic}, partition 0: reading should go on at offset 10, available are 25 to 30. Offsets 10 to 24 were deleted, by retention or by hand`,
          ),
        ),
      })
      // Once, and for good: nothing is gained by trying again.
      expect(failures.byCode).toEqual({ KAFKA_OFFSET_OUT_OF_RANGE: 1 })
    })

    test('stop a reader that they have overtaken while it was held up, behind everything that it had fetched', async () => {
      const topic = await freshTopic(broker)
      await write(topic, 0, 1_000)
      const session = await kafkaSource({ ...topic, value: text, fetchBytes: 2_000, prefetchBytes: 4_000 }).open(
        sourceContext(),
      )
      const reader = await session.read(0, undefined)
      let read = (await reader.next())!.size
      await deleteBefore(topic, 900)
      const failure = await (async () => {
        for (;;) read += (await reader.next())!.size
      })().catch(error => error)
      expect(read).toBeLessThan(900)
      expect(failure).toMatchObject({
        code: 'KAFKA_OFFSET_OUT_OF_RANGE',
        message: expect.stringContaining(
          `go on at offset ${read}, available are 900 to 1000. Offsets ${read} to 899 were deleted`,
        ),
      })
      await session.close()
    })
  })
})
