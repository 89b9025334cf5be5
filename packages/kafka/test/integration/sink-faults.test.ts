import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import { type Clock, systemClock } from '@rtp/stream-core/extend'
import { batchOf } from '@rtp/stream-testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KafkaSinkOptions, kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { offsetsOf, readAll, sinkContext, sourceContext, valuesOf } from './test-topic.ts'

const PARTITIONS = 3
let broker: EmbeddedBroker

beforeEach(async () => {
  broker = await startBroker()
  broker.createTopic('topic', { partitions: PARTITIONS })
})
afterEach(() => broker.stop())

/** Values `0` to `count - 1`; value n goes to partition n mod 3. */
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

function openSink(options: Partial<KafkaSinkOptions<string>> = {}) {
  return kafkaSink<string>({
    brokers: [broker.address],
    topic: 'topic',
    value: text,
    partition: value => Number(value) % PARTITIONS,
    // Small batches, so that there are many requests for a fault to meet.
    batchBytes: 2_000,
    lingerMs: 0,
    ...options,
  }).open(sinkContext())
}

/** What is in each partition. */
async function written(): Promise<string[][]> {
  const session = await kafkaSource({ brokers: [broker.address], topic: 'topic', value: text, until: 'end' }).open(
    sourceContext(),
  )
  const partitions: string[][] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const batches = await readAll(await session.read(partition, undefined))
    expect(offsetsOf(batches)).toEqual(valuesOf(batches).map((_, offset) => offset))
    partitions.push(valuesOf(batches))
  }
  await session.close()
  return partitions
}

function expectedOf(values: readonly string[]): string[][] {
  return [0, 1, 2].map(partition => values.filter(value => Number(value) % PARTITIONS === partition))
}

describe('a Kafka sink', () => {
  it.each(['before-handling', 'before-answer'] as const)(
    'keeps order and writes each record once when connections end %s',
    async when => {
      const sink = await openSink()
      const drops = [1, 3, 4, 8, 15, 16].map(nth => broker.faults.dropConnectionAt('Produce', { nth, when }))
      const values = numbered(9_000)
      for (let from = 0; from < values.length; from += 500) sink.write(batchOf(values.slice(from, from + 500)))
      await sink.seal()!.flush()
      await sink.close()
      expect(drops.map(({ strikes }) => strikes)).toEqual([1, 1, 1, 1, 1, 1])
      expect(await written()).toEqual(expectedOf(values))
    },
  )

  it.each([
    'NOT_LEADER_OR_FOLLOWER',
    'NOT_ENOUGH_REPLICAS',
    'REQUEST_TIMED_OUT',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'KAFKA_STORAGE_ERROR',
  ] as const)('tries again after %s, in the same order', async error => {
    const sink = await openSink()
    broker.faults.failNext('Produce', error, { times: 4 })
    const values = numbered(3_000)
    sink.write(batchOf(values))
    await sink.seal()!.flush()
    await sink.close()
    expect(await written()).toEqual(expectedOf(values))
  })

  it('goes on when the broker was away for a while', async () => {
    const sink = await openSink()
    const values = numbered(6_000)
    sink.write(batchOf(values.slice(0, 3_000)))
    await broker.faults.refuseConnections()
    broker.faults.dropConnections()
    sink.write(batchOf(values.slice(3_000)))
    const flushed = sink.seal()!.flush()
    const before = broker.requestCount('Produce')
    expect(
      await Promise.race([flushed.then(() => 'flushed'), new Promise(resolve => setImmediate(resolve, 'waiting'))]),
    ).toBe('waiting')
    await broker.faults.acceptConnections()
    await flushed
    expect(broker.requestCount('Produce')).toBeGreaterThan(before)
    await sink.close()
    expect(await written()).toEqual(expectedOf(values))
  })

  it('flushes one part while the next is being written', async () => {
    const sink = await openSink({ lingerMs: 10_000 })
    sink.write(batchOf(numbered(10)))
    const first = sink.seal()!
    sink.write(batchOf(['10', '11']))
    await first.flush()
    expect(first.records).toBe(10)
    expect((await written()).flat().length).toBe(10)
    const second = sink.seal()!
    expect(second.records).toBe(2)
    await second.flush()
    expect(sink.seal()).toBeUndefined()
    await sink.close()
    expect(await written()).toEqual(expectedOf(numbered(12)))
  })

  it('sends what lingers without being flushed', async () => {
    const sink = await openSink({ lingerMs: 5 })
    sink.write(batchOf(numbered(3)))
    await expect.poll(() => broker.topics()[0]!.partitions.map(({ endOffset }) => endOffset)).toEqual([1, 1, 1])
    await sink.close()
  })

  it('makes the writer wait while too much is unacknowledged, and lets it go on', async () => {
    const sink = await openSink({ bufferBytes: 50_000 })
    broker.faults.pause()
    const values = numbered(60_000)
    let writtenBefore = 0
    while (sink.ready() === undefined && writtenBefore < values.length) {
      sink.write(batchOf(values.slice(writtenBefore, writtenBefore + 500)))
      writtenBefore += 500
    }
    // 50 kB and one open batch of each partition are far less than all values.
    expect(writtenBefore).toBeLessThan(10_000)
    const waiting = sink.ready()!
    broker.faults.resume()
    await waiting
    for (let from = writtenBefore; from < values.length; from += 500) {
      await sink.ready()
      sink.write(batchOf(values.slice(from, from + 500)))
    }
    await sink.seal()!.flush()
    await sink.close()
    expect(await written()).toEqual(expectedOf(values))
  })

  it.each([
    ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_NOT_AUTHORIZED'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'KAFKA_SEQUENCE_LOST'],
    ['INVALID_RECORD', 'KAFKA_REQUEST_FAILED'],
  ] as const)('stops at %s with %s, and stays stopped', async (error, code) => {
    const sink = await openSink()
    broker.faults.failNext('Produce', error)
    sink.write(batchOf(['0']))
    const refused = expect.objectContaining({ code })
    await expect(sink.seal()!.flush()).rejects.toEqual(refused)
    expect(() => sink.write(batchOf(['1']))).toThrow(refused)
    await expect(sink.ready()).rejects.toEqual(refused)
    await sink.close()
  })

  it('takes a batch that the broker knows already for written', async () => {
    const sink = await openSink()
    broker.faults.failNext('Produce', 'DUPLICATE_SEQUENCE_NUMBER')
    sink.write(batchOf(['0']))
    await sink.seal()!.flush()
    await sink.close()
  })

  it('gives up when a batch cannot be delivered in time, and says so', async () => {
    const sink = await openSink({ deliveryTimeoutMs: 300 })
    await broker.faults.refuseConnections()
    broker.faults.dropConnections()
    sink.write(batchOf(['0']))
    await expect(sink.seal()!.flush()).rejects.toMatchObject({ code: 'KAFKA_DELIVERY_TIMEOUT', retryable: true })
    await sink.close()
    await broker.faults.acceptConnections()
  })

  it('leaves no timer behind when it fails while records linger', async () => {
    let timers = 0
    const clock: Clock = {
      ...systemClock,
      after(delayMs, callback) {
        timers++
        const cancel = systemClock.after(delayMs, () => {
          timers--
          callback()
        })
        return () => {
          timers--
          cancel()
        }
      },
    }
    const sink = await kafkaSink<string>({
      brokers: [broker.address],
      topic: 'topic',
      value: text,
      partition: () => 0,
      batchBytes: 1_000,
      lingerMs: 1,
    }).open(sinkContext({ clock }))
    broker.faults.failNext('Produce', 'TOPIC_AUTHORIZATION_FAILED')
    // The first fills a batch, which is sent; the second waits in the next one.
    sink.write(batchOf(['a'.repeat(800), 'b'.repeat(800)]))
    await expect.poll(() => sink.ready()?.then(String, cause => cause.code)).toBe('KAFKA_NOT_AUTHORIZED')
    await sink.close()
    await expect.poll(() => timers).toBe(0)
  })

  it('names the record that its serde refuses', async () => {
    const sink = await kafkaSink<string>({
      brokers: [broker.address],
      topic: 'topic',
      value: {
        ...text,
        encoder: () => () => {
          throw new Error('no such schema')
        },
      },
    }).open(sinkContext())
    expect(() => sink.write(batchOf(['0']))).toThrow(/SINK_FAILED.*no such schema/)
    await sink.close()
  })

  it('refuses a topic that is missing or has another number of partitions, and makes one when told to', async () => {
    await expect(openSink({ topic: 'other' })).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' })
    await expect(openSink({ partitions: 7 })).rejects.toMatchObject({ code: 'KAFKA_TOPIC_PARTITIONS' })
    const sink = await openSink({ topic: 'made', create: { partitions: 5 }, partitions: 5 })
    await sink.close()
    expect(broker.topics().find(({ name }) => name === 'made')!.partitions.length).toBe(5)
  })
})
