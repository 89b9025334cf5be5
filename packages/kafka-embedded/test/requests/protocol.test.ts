import { once } from 'node:events'
import { errorCodes, type WireReader } from '@rtp/kafka-protocol'
import { describe, expect, it, vi } from 'vitest'
import { batchOf, largeBatch } from '../batches.ts'
import { fetchRecords, produce, RawClient } from '../raw-client.ts'
import { testBroker, WAIT } from '../test-clients.ts'

function readOffer(answer: WireReader): Map<number, [number, number]> {
  return new Map(answer.array(r => [r.int16(), [r.int16(), r.int16()]]))
}

describe('the protocol', () => {
  it('tells a client that asks in a newer version what is offered, in the oldest form', async () => {
    const client = await RawClient.connect(await testBroker())
    const newer = await client.request('ApiVersions', 3, body => body.int8(0))
    expect(newer.int16()).toBe(errorCodes.UNSUPPORTED_VERSION)
    const offer = readOffer(newer)
    expect(newer.remaining).toBe(0)
    expect(offer.get(1)).toEqual([4, 13])
    const older = await client.request('ApiVersions', 2, () => {})
    expect(older.int16()).toBe(0)
    expect(readOffer(older)).toEqual(offer)
    expect([older.int32(), older.remaining]).toEqual([0, 0])
  })

  it('ends the connection of a client that sends what is not offered, and says so', async () => {
    const errors: unknown[] = []
    const broker = await testBroker({ onError: error => errors.push(error) })
    const client = await RawClient.connect(broker)
    client.send('Fetch', 14, () => {})
    await once(client.socket, 'close')
    expect(String(errors[0])).toContain('Fetch version 14')
    const other = await RawClient.connect(broker)
    other.socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0]))
    await once(other.socket, 'close')
    expect(errors[1]).toMatchObject({ code: 'WIRE_INVALID_LENGTH' })
  })

  it('answers the requests of a connection in order, also when a later one could be answered sooner', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const client = await RawClient.connect(broker)
    const order: string[] = []
    const waiting = fetchRecords(client, { maxWaitMs: 100 }).then(() => order.push('fetch'))
    const quick = produce(client, batchOf({ values: ['a'] })).then(() => order.push('produce'))
    await Promise.all([waiting, quick])
    expect(order).toEqual(['fetch', 'produce'])
  })

  it('puts requests together that come in pieces of any size', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const client = await RawClient.connect(broker)
    const write = client.socket.write.bind(client.socket)
    const pieces: Buffer[] = []
    client.socket.write = (bytes: unknown) => pieces.push(bytes as Buffer) > 0
    const answers = [200, 70_000, 1].map(bytes => produce(client, largeBatch(1, bytes)))
    client.socket.write = write
    const all = Buffer.concat(pieces)
    for (let at = 0, step = 1; at < all.length; at += step, step = (step * 7) % 5003) {
      write(all.subarray(at, at + step))
      if (at % 3 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    const results = await Promise.all(answers)
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2])
    expect((await fetchRecords(client)).records.length).toBe(broker.topics()[0]?.partitions[0]?.bytes)
  })

  it('does not keep answers in memory for a client that does not read them', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const client = await RawClient.connect(broker)
    for (let n = 0; n < 8; n++) await produce(client, largeBatch(1, 1_000_000))
    const handled = broker.requestCount('Fetch')
    client.socket.pause()
    const answers = Array.from({ length: 12 }, () => fetchRecords(client, { partitionMaxBytes: 8_100_000 }))
    await vi.waitFor(() => expect(broker.requestCount('Fetch')).toBeGreaterThan(handled), WAIT)
    for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve))
    expect(broker.requestCount('Fetch')).toBeLessThan(handled + 5)
    client.socket.resume()
    const sizes = (await Promise.all(answers)).map(({ records }) => records.length)
    expect(new Set(sizes).size).toBe(1)
    expect(sizes[0]).toBeGreaterThan(7_000_000)
  })
})

describe('Produce', () => {
  it('answers with an error code per partition', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const client = await RawClient.connect(broker)
    const damaged = batchOf({ values: ['a'] })
    damaged[66] = 0xff
    expect(await produce(client, damaged)).toEqual({ errorCode: errorCodes.CORRUPT_MESSAGE, baseOffset: -1 })
    const unknown = await produce(client, batchOf({ values: ['a'] }), { partition: 3 })
    expect(unknown.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    expect(await produce(client, batchOf({ values: ['a'] }))).toEqual({ errorCode: 0, baseOffset: 0 })
  })

  it('checks the sequence of an idempotent producer and answers a repeated batch with its first offset', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const client = await RawClient.connect(broker)
    const batch = (baseSequence: number, producerEpoch = 0) =>
      batchOf({ values: ['a', 'b'], producer: { producerId: 5, producerEpoch, baseSequence } })
    for (let n = 0; n < 6; n++) expect((await produce(client, batch(n * 2))).baseOffset).toBe(n * 2)
    expect(await produce(client, batch(2))).toEqual({ errorCode: 0, baseOffset: 2 })
    expect((await produce(client, batch(0))).errorCode).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await produce(client, batch(14))).errorCode).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await produce(client, batch(12, 1))).errorCode).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(await produce(client, batch(0, 1))).toEqual({ errorCode: 0, baseOffset: 12 })
    expect((await produce(client, batch(12))).errorCode).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
    expect(broker.topics()[0]?.partitions[0]?.endOffset).toBe(14)
  })

  it('goes on with sequence 0 behind the greatest one', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const client = await RawClient.connect(broker)
    const batch = (baseSequence: number, values: string[]) =>
      batchOf({ values, producer: { producerId: 5, producerEpoch: 0, baseSequence } })
    expect((await produce(client, batch(2 ** 31 - 2, ['a', 'b', 'c']))).errorCode).toBe(0)
    expect((await produce(client, batch(2, ['d']))).errorCode).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await produce(client, batch(1, ['d']))).errorCode).toBe(0)
  })
})

describe('Fetch', () => {
  it('waits for its minimum of bytes, or as long as it is told to', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const [reader, writer] = [await RawClient.connect(broker), await RawClient.connect(broker)]
    const batch = largeBatch(1, 500)
    const waiting = fetchRecords(reader, { minBytes: batch.length * 2, maxWaitMs: 60_000 })
    await produce(writer, largeBatch(1, 500))
    await produce(writer, largeBatch(1, 500))
    expect((await waiting).records.length).toBe(batch.length * 2)
    const partial = await fetchRecords(reader, { minBytes: batch.length * 3, maxWaitMs: 20 })
    expect(partial.records.length).toBe(batch.length * 2)
    expect((await fetchRecords(reader, { offset: 2, maxWaitMs: 10 })).records.length).toBe(0)
  })

  it('says at once that an offset is outside, and where the partition begins and ends', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const client = await RawClient.connect(broker)
    await produce(client, largeBatch(3, 10))
    for (const offset of [4, -1]) {
      const outside = await fetchRecords(client, { offset, maxWaitMs: 60_000 })
      expect(outside).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE, highWatermark: 3, startOffset: 0 })
    }
    const unknown = await fetchRecords(client, { topic: 'u', maxWaitMs: 60_000 })
    expect(unknown.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  })
})

describe('IncrementalAlterConfigs', () => {
  it('sets and deletes single entries, leaves the others, and refuses what is not offered', async () => {
    const broker = await testBroker()
    broker.createTopic('t', { config: { 'retention.ms': '5', 'segment.bytes': '2000' } })
    const client = await RawClient.connect(broker)
    const alter = async (name: string, operation: number, value: string | null) => {
      const answer = await client.request('IncrementalAlterConfigs', 0, body => {
        body.int32(1).int8(2).string('t').int32(1).string(name).int8(operation).nullableString(value).bool(false)
      })
      answer.skip(4 + 4)
      return answer.int16()
    }
    expect(await alter('max.message.bytes', 0, '3000')).toBe(0)
    expect(await alter('retention.ms', 1, null)).toBe(0)
    expect(await alter('cleanup.policy', 2, 'compact')).toBe(errorCodes.INVALID_CONFIG)
    expect(await alter('max.message.bytes', 0, 'large')).toBe(errorCodes.INVALID_CONFIG)
    expect(broker.topics()[0]?.config).toEqual({ 'max.message.bytes': '3000', 'segment.bytes': '2000' })
  })
})
