import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorCodes } from '@rtp/kafka-protocol'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { startBroker } from '../src/index.ts'
import { batchOf } from './batches.ts'
import { addPartition, endTransaction, initProducer, type Producer, produce, RawClient } from './raw-client.ts'
import { kafkaOf, readValues, send, startReader, testBroker, WAIT } from './test-clients.ts'

let dataDir: string

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'broker-restart-'))
  return () => rmSync(dataDir, { recursive: true })
})

/** The folder that holds a partition's segments. */
function partitionDirectory(topic: string, partition = 0): string {
  const folder = readdirSync(join(dataDir, 'topics')).find(name => name.startsWith(`${topic}.`))
  return join(dataDir, 'topics', folder ?? '', String(partition))
}

describe('a broker that is started again in its folder', () => {
  it('has its topics, records, configurations, starts and committed offsets', async () => {
    const first = await testBroker({ dataDir })
    first.createTopic('t', { partitions: 2, config: { 'retention.ms': '-1' } })
    first.createTopic('gone')
    await send(kafkaOf(first), 't', ['a', 'b'])
    await send(kafkaOf(first), 't', ['c'], 1)
    const reader = await startReader(kafkaOf(first), 't', { groupId: 'g' })
    await vi.waitFor(() => expect(reader.records).toHaveLength(3), WAIT)
    await reader.stop()
    const admin = kafkaOf(first).admin()
    await admin.fetchTopicOffsets('t')
    await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '1' }] })
    await admin.disconnect()
    first.faults.deleteTopic('gone')
    const before = first.topics()
    await first.stop()

    const second = await testBroker({ dataDir })
    expect(second.topics()).toEqual(before)
    expect(before[0]?.partitions[0]).toMatchObject({ startOffset: 1, endOffset: 2 })
    await send(kafkaOf(second), 't', ['d'])
    const resumed = await startReader(kafkaOf(second), 't', { groupId: 'g' })
    await vi.waitFor(() => expect(resumed.records.map(({ value }) => value)).toEqual(['d']), WAIT)
  })

  it('starts from what is whole when a crash tore the last write', async () => {
    const first = await testBroker({ dataDir })
    first.createTopic('t')
    await send(kafkaOf(first), 't', ['a'])
    await send(kafkaOf(first), 't', ['b'])
    await first.stop()
    const [segment] = readdirSync(partitionDirectory('t'))
    appendFileSync(join(partitionDirectory('t'), segment!), Buffer.alloc(80))
    appendFileSync(join(dataDir, 'journal.jsonl'), '{"kind":"topic","id":9,"na')
    const second = await testBroker({ dataDir })
    expect(second.topics()[0]?.partitions[0]?.endOffset).toBe(2)
    await send(kafkaOf(second), 't', ['c'])
    expect(await readValues(kafkaOf(second), 't', 3)).toEqual(['a', 'b', 'c'])
  })

  it('lets an open transaction be committed, also when its answer is lost, and fences its producer by a new one', async () => {
    const start = async () => {
      const broker = await testBroker({ dataDir })
      return { broker, client: await RawClient.connect(broker), partition: () => broker.topics()[0]?.partitions[0] }
    }
    const batch = (value: string, { producerId, producerEpoch }: Producer) =>
      batchOf({ values: [value], transactional: true, producer: { producerId, producerEpoch, baseSequence: 0 } })
    const first = await start()
    first.broker.createTopic('t')
    const producer = await initProducer(first.client, 'tx')
    expect(await addPartition(first.client, 'tx', producer)).toBe(0)
    await produce(first.client, batch('kept', producer), { transactionalId: 'tx' })
    await first.broker.stop()

    const second = await start()
    expect(second.partition()).toMatchObject({ lastStableOffset: 0, endOffset: 1 })
    expect(await endTransaction(second.client, 'tx', producer, true)).toBe(0)
    expect(second.partition()).toMatchObject({ lastStableOffset: 2, endOffset: 2 })
    await second.broker.stop()

    const third = await start()
    expect(await endTransaction(third.client, 'tx', producer, true)).toBe(0)
    expect(await endTransaction(third.client, 'tx', producer, false)).toBe(errorCodes.INVALID_TXN_STATE)
    expect(third.partition()?.endOffset).toBe(2)
    const heir = await initProducer(third.client, 'tx')
    expect(heir).toEqual({ ...producer, producerEpoch: producer.producerEpoch + 1 })
    expect(await addPartition(third.client, 'tx', producer)).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
  })

  it('gives no producer id twice', async () => {
    const ids: number[] = []
    for (let round = 0; round < 3; round++) {
      const broker = await testBroker({ dataDir })
      const client = await RawClient.connect(broker)
      ids.push((await initProducer(client, null)).producerId, (await initProducer(client, `tx${round}`)).producerId)
      await broker.stop()
    }
    expect(new Set(ids).size).toBe(6)
  })

  it('names the line of a journal that is damaged', async () => {
    writeFileSync(join(dataDir, 'journal.jsonl'), '{"kind":"nextProducerId","producerId":1}\nnonsense\n')
    await expect(startBroker({ dataDir })).rejects.toMatchObject({
      code: 'BROKER_DATA_DIR_INVALID',
      message: expect.stringContaining('journal.jsonl, line 2'),
    })
  })
})

describe('a broker without a folder of its own', () => {
  it('removes its temporary folder when it stops, and can be stopped twice', async () => {
    const broker = await startBroker()
    broker.createTopic('t')
    await send(kafkaOf(broker), 't', ['a'])
    expect(existsSync(join(broker.dataDir, 'topics'))).toBe(true)
    await Promise.all([broker.stop(), broker.stop()])
    expect(existsSync(broker.dataDir)).toBe(false)
  })

  it('says which option is wrong and which address is taken', async () => {
    await expect(startBroker({ port: 70_000 })).rejects.toMatchObject({ code: 'BROKER_OPTION_INVALID' })
    const broker = await testBroker()
    await expect(startBroker({ port: broker.port })).rejects.toMatchObject({
      code: 'BROKER_ADDRESS_IN_USE',
      message: expect.stringContaining(broker.address),
    })
  })
})
