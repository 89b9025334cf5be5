import { errorCodes, RecordBatchCursor, transactionMarker } from '@rtp/kafka-protocol'
import { describe, expect, it, vi } from 'vitest'
import { batchOf } from '../batches.ts'
import {
  addPartition,
  endTransaction,
  fetchRecords,
  initProducer,
  type Producer,
  produce,
  RawClient,
} from '../raw-client.ts'
import { testBroker, WAIT } from '../test-clients.ts'

async function start() {
  const broker = await testBroker()
  broker.createTopic('t')
  return { broker, client: await RawClient.connect(broker), partition: () => broker.topics()[0]?.partitions[0] }
}

function batchIn({ producerId, producerEpoch }: Producer, baseSequence = 0): Buffer {
  return batchOf({ values: ['v'], transactional: true, producer: { producerId, producerEpoch, baseSequence } })
}

const inTransaction = { transactionalId: 'tx' }

describe('a transaction', () => {
  it('may be written to only after its partition was added, and only by its producer', async () => {
    const { client } = await start()
    const producer = await initProducer(client, 'tx')
    expect((await produce(client, batchIn(producer), inTransaction)).errorCode).toBe(errorCodes.INVALID_TXN_STATE)
    expect(await addPartition(client, 'tx', producer)).toBe(0)
    expect(await produce(client, batchIn(producer), inTransaction)).toEqual({ errorCode: 0, baseOffset: 0 })
    const other = { ...producer, producerId: producer.producerId + 77 }
    expect(await addPartition(client, 'tx', other)).toBe(errorCodes.INVALID_PRODUCER_ID_MAPPING)
    expect(await addPartition(client, 'unknown', producer)).toBe(errorCodes.INVALID_PRODUCER_ID_MAPPING)
    expect(await addPartition(client, 'tx', producer, 'no-topic')).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    const older = { ...producer, producerEpoch: producer.producerEpoch - 1 }
    expect(await addPartition(client, 'tx', older)).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
  })

  it('ends with a marker on every partition, which readers recognise as commit or abort', async () => {
    const { client } = await start()
    const producer = await initProducer(client, 'tx')
    for (const [n, commit] of [true, false].entries()) {
      await addPartition(client, 'tx', producer)
      await produce(client, batchIn(producer, n), inTransaction)
      expect(await endTransaction(client, 'tx', producer, commit)).toBe(0)
    }
    const { records, aborted, lastStableOffset } = await fetchRecords(client, { readCommitted: true })
    expect(lastStableOffset).toBe(4)
    expect(aborted).toEqual([{ producerId: producer.producerId, firstOffset: 2 }])
    const markers: unknown[] = []
    const cursor = new RecordBatchCursor(records)
    while (cursor.next()) if (cursor.isControl) markers.push([cursor.baseOffset, transactionMarker(cursor)])
    expect(markers).toEqual([
      [1, 'commit'],
      [3, 'abort'],
    ])
    expect((await fetchRecords(client)).aborted).toEqual([])
  })

  it('hides its records and all that follow from read_committed until it ends', async () => {
    const { broker, client } = await start()
    const producer = await initProducer(client, 'tx')
    await addPartition(client, 'tx', producer)
    await produce(client, batchIn(producer), inTransaction)
    await produce(client, batchOf({ values: ['after'] }))
    const hidden = await fetchRecords(client, { readCommitted: true })
    expect([hidden.records.length, hidden.lastStableOffset, hidden.highWatermark]).toEqual([0, 0, 2])
    const reader = await RawClient.connect(broker)
    const waiting = fetchRecords(reader, { readCommitted: true, maxWaitMs: 60_000 })
    await endTransaction(client, 'tx', producer, true)
    expect((await waiting).records.length).toBeGreaterThan(0)
  })

  it('is aborted when its producer comes back, and the log refuses what the old one still sends', async () => {
    const { client, partition } = await start()
    const zombie = await initProducer(client, 'tx')
    await addPartition(client, 'tx', zombie)
    await produce(client, batchIn(zombie), inTransaction)
    const heir = await initProducer(client, 'tx')
    expect(heir).toEqual({ ...zombie, producerEpoch: zombie.producerEpoch + 1 })
    expect(partition()).toMatchObject({ lastStableOffset: 2, endOffset: 2 })
    expect((await produce(client, batchIn(zombie, 1), inTransaction)).errorCode).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
    const { producerId, producerEpoch } = zombie
    const plain = batchOf({ values: ['z'], producer: { producerId, producerEpoch, baseSequence: 1 } })
    expect((await produce(client, plain)).errorCode).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
    expect(await endTransaction(client, 'tx', zombie, true)).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
    await addPartition(client, 'tx', heir)
    expect((await produce(client, batchIn(heir), inTransaction)).errorCode).toBe(0)
  })

  it('is aborted when its time is over', async () => {
    const { client, partition } = await start()
    const producer = await initProducer(client, 'tx', 50)
    await addPartition(client, 'tx', producer)
    await produce(client, batchIn(producer), inTransaction)
    await vi.waitFor(() => expect(partition()).toMatchObject({ lastStableOffset: 2 }), WAIT)
    expect(await endTransaction(client, 'tx', producer, true)).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
    expect((await initProducer(client, 'tx', 0)).errorCode).toBe(errorCodes.INVALID_TRANSACTION_TIMEOUT)
  })

  it('can be ended again in the same way, for a client that lost the answer', async () => {
    const { client, partition } = await start()
    const producer = await initProducer(client, 'tx')
    expect(await endTransaction(client, 'tx', producer, true)).toBe(errorCodes.INVALID_TXN_STATE)
    await addPartition(client, 'tx', producer)
    await produce(client, batchIn(producer), inTransaction)
    expect(await endTransaction(client, 'tx', producer, false)).toBe(0)
    expect(await endTransaction(client, 'tx', producer, false)).toBe(0)
    expect(await endTransaction(client, 'tx', producer, true)).toBe(errorCodes.INVALID_TXN_STATE)
    expect(partition()?.endOffset).toBe(2)
  })
})
