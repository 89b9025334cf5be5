import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { batchOf } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  bytes,
  deleteTopic,
  describeTopic,
  ensureTopic,
  kafkaSink,
  kafkaSource,
  text,
  topicOffsets,
} from '../../src/index.ts'
import { freshTopic, offsetsOf, readAll, sinkContext, sourceContext, type TestTopic, valuesOf } from './test-topic.ts'

const run = promisify(execFile)
const hasKcat = spawnSync('kcat', ['-V']).status === 0

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `value ${index} ä`)

async function write(target: TestTopic, values: readonly string[], options: object = {}): Promise<void> {
  const sink = await kafkaSink<string>({ ...target, value: text, ...options }).open(sinkContext())
  sink.write(batchOf(values))
  await sink.seal()!.flush()
  await sink.close()
}

async function read(target: TestTopic, partition = 0) {
  const session = await kafkaSource({ ...target, value: text, until: 'end' }).open(sourceContext())
  const batches = await readAll(await session.read(partition, undefined))
  await session.close()
  return batches
}

forEachBroker(broker => {
  const kafkajs = () => new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING })

  describe('together with kafkajs', () => {
    it.each([CompressionTypes.None, CompressionTypes.GZIP])(
      'reads what it wrote (compression %i)',
      async compression => {
        const target = await freshTopic(broker)
        const producer = kafkajs().producer()
        await producer.connect()
        const values = numbered(2_000)
        for (let from = 0; from < values.length; from += 100) {
          const messages = values
            .slice(from, from + 100)
            .map(value => ({ key: 'key', value, timestamp: '1600000000000' }))
          await producer.send({ topic: target.topic, compression, messages })
        }
        await producer.disconnect()
        const batches = await read(target)
        expect(valuesOf(batches)).toEqual(values)
        expect(new Set(batches.flatMap(({ times, size }) => [...times!.subarray(0, size)]))).toEqual(new Set([1.6e12]))
        // Many small compressed batches become few large ones.
        expect(batches.length).toBeLessThan(10)
      },
    )

    it('is read by it', async () => {
      const target = await freshTopic(broker)
      await write(target, numbered(500), {
        key: (value: string) => value.slice(6, 7),
        headers: () => [['kind', 'test']],
        compression: 'gzip',
      })
      const consumer = kafkajs().consumer({ groupId: target.topic })
      onTestFinished(() => consumer.disconnect())
      await consumer.connect()
      await consumer.subscribe({ topic: target.topic, fromBeginning: true })
      const found: { value: string; key: string; header: string; offset: string }[] = []
      await consumer.run({
        eachMessage: async ({ message }) => {
          found.push({
            value: String(message.value),
            key: String(message.key),
            header: String(message.headers?.['kind']),
            offset: message.offset,
          })
        },
      })
      await expect.poll(() => found.length, { timeout: 20_000 }).toBe(500)
      expect(found).toEqual(
        numbered(500).map((value, offset) => ({
          value,
          key: value.slice(6, 7),
          header: 'test',
          offset: String(offset),
        })),
      )
    })

    it('sees no records of aborted transactions, whatever their keys, unless it is told to', async () => {
      const target = await freshTopic(broker)
      const producer = kafkajs().producer({ transactionalId: target.topic, idempotent: true, maxInFlightRequests: 1 })
      await producer.connect()
      const { topic } = target
      for (const [value, end] of [
        ['kept 0', 'commit'],
        ['aborted', 'abort'],
        ['kept 1', 'commit'],
        ['aborted', 'abort'],
      ] as const) {
        const transaction = await producer.transaction()
        // kafkajs takes a record with this key for the marker of the transaction's end.
        await transaction.send({ topic, messages: [{ key: Buffer.alloc(4), value }, { value }] })
        await transaction[end]()
      }
      const open = await producer.transaction()
      await open.send({ topic, messages: [{ value: 'open' }] })
      const committed = await read(target)
      expect(valuesOf(committed)).toEqual(['kept 0', 'kept 0', 'kept 1', 'kept 1'])
      expect(offsetsOf(committed)).toEqual([0, 1, 6, 7])
      const session = await kafkaSource({ ...target, value: text, until: 'end', readUncommitted: true }).open(
        sourceContext(),
      )
      expect(valuesOf(await readAll(await session.read(0, undefined))).length).toBe(9)
      await session.close()
      await open.abort()
      await producer.disconnect()
    })
  })

  describe.skipIf(!hasKcat)(hasKcat ? 'together with kcat' : 'together with kcat (not installed)', () => {
    it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
      'is read by it, compressed with %s',
      async compression => {
        const target = await freshTopic(broker)
        const values = numbered(3_000)
        await write(target, values, { compression, key: () => 'k' })
        const { stdout } = await run(
          'kcat',
          [
            '-C',
            '-b',
            target.brokers.join(),
            '-t',
            target.topic,
            '-e',
            '-q',
            '-f',
            '%o %k %s\\n',
            '-X',
            'check.crcs=true',
          ],
          { maxBuffer: 10_000_000 },
        )
        expect(stdout.trimEnd().split('\n')).toEqual(values.map((value, offset) => `${offset} k ${value}`))
      },
    )

    it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('reads what it wrote, compressed with %s', async compression => {
      const target = await freshTopic(broker)
      const values = numbered(3_000)
      const kcat = run('kcat', ['-P', '-b', target.brokers.join(), '-t', target.topic, '-z', compression])
      kcat.child.stdin!.end(`${values.join('\n')}\n`)
      await kcat
      expect(valuesOf(await read(target))).toEqual(values)
    })
  })

  it('cuts batches that the topic refuses as too large, and names a record that is too large alone', async () => {
    const target = await freshTopic(broker, { configs: { 'max.message.bytes': '5000' } })
    const values = Array.from({ length: 2_000 }, (_, index) => `value ${index} `.padEnd(index === 1_000 ? 4_500 : 40))
    await write(target, values)
    expect(valuesOf(await read(target))).toEqual(values)
    const refused = write(target, ['x'.repeat(10_000)])
    await expect(refused).rejects.toMatchObject({
      code: 'KAFKA_RECORD_TOO_LARGE',
      message: expect.stringContaining('max.message.bytes'),
    })
    const tooLarge = write(target, ['x'.repeat(10_000)], { maxRecordBytes: 8_000 })
    await expect(tooLarge).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE' })
  })

  it('takes a record of 20 MB where the topic does, and reads it', async () => {
    const target = await freshTopic(broker, { configs: { 'max.message.bytes': '30000000' } })
    const large = Buffer.alloc(20_000_000, 'abcdefg')
    const sink = await kafkaSink<Uint8Array>({ ...target, value: bytes }).open(sinkContext())
    sink.write(batchOf<Uint8Array>([Buffer.from('small'), large, Buffer.from('small')]))
    await sink.seal()!.flush()
    await sink.close()
    const session = await kafkaSource({ ...target, value: bytes, until: 'end' }).open(sourceContext())
    const found = valuesOf(await readAll(await session.read(0, undefined)))
    await session.close()
    expect(found.map(({ length }) => length)).toEqual([5, 20_000_000, 5])
    expect(large.equals(found[1]!)).toBe(true)
  })

  it('makes, describes and deletes topics', async () => {
    const connection = { brokers: broker.brokers }
    const spec = { topic: `made-${Date.now()}-${broker.kind}`, partitions: 3, configs: { 'retention.ms': '-1' } }
    expect(await describeTopic(connection, spec.topic)).toBeUndefined()
    const made = await ensureTopic(connection, spec)
    expect(made).toMatchObject({
      created: true,
      topic: spec.topic,
      partitions: 3,
      retentionMs: Number.POSITIVE_INFINITY,
      maxMessageBytes: expect.any(Number),
      cleanupPolicy: 'delete',
    })
    expect(await ensureTopic(connection, { ...spec, partitions: 8 })).toMatchObject({ created: false, partitions: 3 })
    await write({ ...connection, topic: spec.topic }, ['a', 'b'], { partition: () => 1 })
    expect(await topicOffsets(connection, spec.topic)).toEqual({ earliest: [0, 0, 0], latest: [0, 2, 0] })
    expect(await deleteTopic(connection, spec.topic)).toBe(true)
    await expect.poll(() => describeTopic(connection, spec.topic)).toBeUndefined()
    expect(await deleteTopic(connection, spec.topic)).toBe(false)
    await expect(topicOffsets(connection, spec.topic)).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' })
  })
})
