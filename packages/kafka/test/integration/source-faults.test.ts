import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import type { SourceSession } from '@rtp/stream-core/extend'
import { batchOf } from '@rtp/stream-testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KafkaSourceOptions, kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { readAll, sinkContext, sourceContext, valuesOf } from './test-topic.ts'

let broker: EmbeddedBroker

beforeEach(async () => {
  broker = await startBroker()
  broker.createTopic('topic', { partitions: 2 })
})
afterEach(() => broker.stop())

const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => String(from + index))

async function write(values: readonly string[], partition = 0): Promise<void> {
  const sink = await kafkaSink<string>({
    brokers: [broker.address],
    topic: 'topic',
    value: text,
    partition: () => partition,
    batchBytes: 2_000,
  }).open(sinkContext())
  sink.write(batchOf(values))
  await sink.seal()!.flush()
  await sink.close()
}

function open(options: Partial<KafkaSourceOptions<string>> = {}): Promise<SourceSession<string>> {
  return kafkaSource<string>({ brokers: [broker.address], topic: 'topic', value: text, ...options }).open(
    sourceContext(),
  )
}

describe('a Kafka source', () => {
  it('leaves out nothing and repeats nothing when connections end and fetches fail', async () => {
    await write(numbered(20_000))
    const drops = [
      ...[2, 3, 6, 9].map(nth => broker.faults.dropConnectionAt('Fetch', { nth })),
      ...[4, 7].map(nth => broker.faults.dropConnectionAt('Fetch', { nth, when: 'before-answer' })),
    ]
    const session = await open({ until: 'end', fetchBytes: 5_000, prefetchBytes: 10_000 })
    expect(valuesOf(await readAll(await session.read(0, undefined)))).toEqual(numbered(20_000))
    expect(drops.map(({ strikes }) => strikes)).toEqual([1, 1, 1, 1, 1, 1])
    await session.close()
  })

  it.each(['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'] as const)(
    'looks for the leader and goes on after %s',
    async error => {
      await write(numbered(100))
      broker.faults.failNext('Fetch', error, { times: 2 })
      const session = await open({ until: 'end' })
      expect(valuesOf(await readAll(await session.read(0, undefined)))).toEqual(numbered(100))
      await session.close()
    },
  )

  it('goes on when the broker was away', async () => {
    await write(numbered(10))
    const session = await open()
    const reader = await session.read(0, undefined)
    expect((await reader.next())!.size).toBe(10)
    const next = reader.next()
    await broker.faults.refuseConnections()
    broker.faults.dropConnections()
    await broker.faults.acceptConnections()
    await write(numbered(5, 10))
    expect((await next)!.values).toEqual(numbered(5, 10))
    await session.close()
  })

  it('stops loudly at a position behind the end, at the start and while it reads', async () => {
    await write(numbered(1_000))
    const session = await open()
    const behind = expect.objectContaining({
      code: 'KAFKA_OFFSET_OUT_OF_RANGE',
      message: expect.stringMatching(/topic topic, partition 0.*offset 5000, available are 0 to 1000.*truncated/),
    })
    await expect(session.read(0, 5_000)).rejects.toEqual(behind)
    const reader = await session.read(0, 1_000)
    const next = reader.next()
    const end = broker.faults.truncate('topic', 0, 500)
    await expect(next).rejects.toMatchObject({
      code: 'KAFKA_OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining(`offset 1000, available are 0 to ${end}`),
    })
    await session.close()
  })

  it('stops loudly at a position whose records were deleted', async () => {
    broker.createTopic('short', { partitions: 1, config: { 'retention.ms': '1' } })
    const sink = await kafkaSink<string>({
      brokers: [broker.address],
      topic: 'short',
      value: text,
      timestamp: () => 0,
    }).open(sinkContext())
    sink.write(batchOf(numbered(10)))
    await sink.seal()!.flush()
    await sink.close()
    await expect.poll(() => broker.topics().find(({ name }) => name === 'short')!.partitions[0]!.startOffset).toBe(10)
    const session = await open({ topic: 'short' })
    await expect(session.read(0, 3)).rejects.toMatchObject({
      code: 'KAFKA_OFFSET_OUT_OF_RANGE',
      message: expect.stringMatching(/Offsets 3 to 9 were deleted.*retention.ms/),
    })
    expect((await session.read(0, undefined)).start).toBe(10)
    await session.close()
  })

  it('stops when its topic is deleted', async () => {
    const session = await open()
    const next = (await session.read(0, undefined)).next()
    broker.faults.deleteTopic('topic')
    await expect(next).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_MISSING',
      message: expect.stringContaining('topic topic at'),
    })
    await session.close()
  }, 20_000)

  it('stops when the user may not read', async () => {
    broker.faults.failNext('Fetch', 'TOPIC_AUTHORIZATION_FAILED')
    const session = await open()
    await expect((await session.read(0, undefined)).next()).rejects.toMatchObject({ code: 'KAFKA_NOT_AUTHORIZED' })
    await session.close()
  })

  it('reads other partitions on while one is not taken from, and no more of that than its bound', async () => {
    await write(numbered(20_000), 0)
    await write(numbered(20_000), 1)
    const session = await open({ until: 'end', fetchBytes: 4_000, prefetchBytes: 8_000 })
    const slow = await session.read(0, undefined)
    const fast = await session.read(1, undefined)
    expect(valuesOf(await readAll(fast))).toEqual(numbered(20_000))
    // What was read ahead is still there after the broker is gone, and no more than that.
    await broker.faults.refuseConnections()
    broker.faults.dropConnections()
    const ahead = (await slow.next())!
    expect(ahead.values[0]).toBe('0')
    expect(ahead.bytes).toBeLessThan(8_000)
    await broker.faults.acceptConnections()
    await session.close()
  })

  it('keeps a bad record with its bytes, position and reason, between the good ones', async () => {
    const sink = await kafkaSink<Uint8Array>({
      brokers: [broker.address],
      topic: 'topic',
      value: { name: 'raw', decoder: () => ({ decode: () => Buffer.alloc(0) }), encoder: () => copy },
      key: () => 'a key',
      partition: () => 1,
    }).open(sinkContext())
    sink.write(batchOf([Buffer.from('good'), Buffer.from([0x62, 0xff]), Buffer.from('also good')]))
    await sink.seal()!.flush()
    await sink.close()
    const session = await open({ until: 'end' })
    const [batch] = await readAll(await session.read(1, undefined))
    await session.close()
    expect(batch!.values).toEqual(['good', 'also good'])
    expect([...batch!.offsets.subarray(0, 2)]).toEqual([0, 2])
    expect(batch!.badRecords).toEqual([
      {
        source: 'kafka topic',
        partition: 'topic/1',
        partitionIndex: 1,
        offset: 1,
        reason: 'NOT_UTF8',
        detail: expect.any(String),
        key: Buffer.from('a key'),
        bytes: Buffer.from([0x62, 0xff]),
      },
    ])
  })

  it('refuses a topic that is missing or has another number of partitions', async () => {
    await expect(open({ topic: 'other' })).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' })
    await expect(open({ partitions: 3 })).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_PARTITIONS',
      message: expect.stringContaining('has 2 partitions, 3 are expected'),
    })
    await expect(open({ assignment: [2] })).rejects.toMatchObject({ code: 'KAFKA_OPTION_INVALID' })
  })

  it('says which addresses do not answer, and what to check', async () => {
    await broker.stop()
    const error = await open({ brokers: [broker.address, '127.0.0.1:1'], reachTimeoutMs: 300 }).catch(cause => cause)
    expect(error).toMatchObject({ code: 'KAFKA_UNREACHABLE', retryable: true })
    expect(error.message).toContain(`${broker.address}, 127.0.0.1:1`)
    expect(error.message).toContain('ECONNREFUSED')
  })
})

describe('a Kafka source in a group', () => {
  const openInGroup = async (signal: AbortSignal) => {
    const source = kafkaSource<string>({ brokers: [broker.address], topic: 'topic', value: text })
    const session = await source.open(sourceContext({ shareable: true, signal }))
    await session.join!()
    return session
  }

  it('closes although the broker does not answer any more', async () => {
    const session = await openInGroup(new AbortController().signal)
    broker.faults.pause()
    await session.close()
    broker.faults.resume()
  })

  it('gives up joining when the job ends', async () => {
    broker.faults.delay('JoinGroup', 600_000)
    const ending = new AbortController()
    const opening = openInGroup(ending.signal)
    await expect.poll(() => broker.requestCount('JoinGroup')).toBeGreaterThan(0)
    ending.abort()
    await expect(opening).rejects.toMatchObject({ code: 'KAFKA_GROUP_FAILED' })
  })

  it('keeps its partitions when the broker was away, and goes on', async () => {
    const session = await openInGroup(new AbortController().signal)
    const next = (await session.read(0, undefined)).next()
    await broker.faults.refuseConnections()
    broker.faults.dropConnections()
    await broker.faults.acceptConnections()
    await write(['a'])
    expect((await next)!.values).toEqual(['a'])
    await expect.poll(() => session.assigned!(), { timeout: 10_000 }).toEqual([0, 1])
    await session.close()
  }, 20_000)
})

function copy(value: Uint8Array, bytes: Buffer, at: number): number {
  if (at + value.length > bytes.length) return -1
  bytes.set(value, at)
  return at + value.length
}
