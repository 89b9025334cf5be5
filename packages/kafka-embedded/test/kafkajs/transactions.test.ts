import type { Producer, Transaction } from 'kafkajs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { EmbeddedBroker } from '../../src/index.ts'
import { kafkaOf, readValues, send, startReader, testBroker, WAIT } from '../test-clients.ts'

async function transactionalProducer(broker: EmbeddedBroker, id = 'tx', timeoutMs = 30_000): Promise<Producer> {
  const producer = kafkaOf(broker).producer({
    transactionalId: id,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: timeoutMs,
  })
  onTestFinished(() => producer.disconnect())
  await producer.connect()
  return producer
}

async function sendIn(transaction: Transaction, values: string[], topic = 't'): Promise<void> {
  await transaction.send({ topic, messages: values.map(value => ({ value })) })
}

describe('an idempotent kafkajs producer', () => {
  it('writes every batch once, also when its connection breaks after the broker has written it', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const producer = kafkaOf(broker).producer({ idempotent: true, maxInFlightRequests: 1 })
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const expected: string[] = []
    for (let n = 0; n < 10; n++) {
      if (n % 3 === 1) broker.faults.dropConnectionAt('Produce', { when: 'before-answer' })
      await producer.send({ topic: 't', messages: [{ value: `v${n}` }] })
      expected.push(`v${n}`)
    }
    expect(broker.requestCount('Produce')).toBeGreaterThan(10)
    expect(await readValues(kafkaOf(broker), 't', 10)).toEqual(expected)
    expect(broker.topics()[0]?.partitions[0]?.endOffset).toBe(10)
  })
})

describe('a transactional kafkajs producer', () => {
  it('shows what it committed and hides what it aborted from read_committed consumers only', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const producer = await transactionalProducer(broker)
    const committed = await producer.transaction()
    await sendIn(committed, ['a', 'b'])
    await committed.commit()
    const aborted = await producer.transaction()
    await sendIn(aborted, ['x', 'y'])
    await aborted.abort()
    await send(kafkaOf(broker), 't', ['c'])
    expect(await readValues(kafkaOf(broker), 't', 3)).toEqual(['a', 'b', 'c'])
    const all = await startReader(kafkaOf(broker), 't', { readUncommitted: true })
    await vi.waitFor(() => expect(all.records.map(({ value }) => value)).toEqual(['a', 'b', 'x', 'y', 'c']), WAIT)
  })

  it('holds the last stable offset at the start of its open transaction', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const partition = () => broker.topics()[0]?.partitions[0]
    const producer = await transactionalProducer(broker)
    await send(kafkaOf(broker), 't', ['before'])
    const transaction = await producer.transaction()
    await sendIn(transaction, ['inside'])
    await send(kafkaOf(broker), 't', ['after'])
    expect(partition()).toMatchObject({ lastStableOffset: 1, endOffset: 3 })
    const reader = await startReader(kafkaOf(broker), 't')
    await vi.waitFor(() => expect(reader.records.map(({ value }) => value)).toEqual(['before']), WAIT)
    await transaction.commit()
    await vi.waitFor(() => expect(reader.records).toHaveLength(3), WAIT)
    expect(partition()).toMatchObject({ lastStableOffset: 4, endOffset: 4 })
  })

  it('commits consumed offsets with its records, or neither', async () => {
    const broker = await testBroker()
    broker.createTopic('in')
    broker.createTopic('out')
    await send(kafkaOf(broker), 'in', ['1', '2'])
    const reader = await startReader(kafkaOf(broker), 'in', { groupId: 'g', autoCommit: false })
    await vi.waitFor(() => expect(reader.records).toHaveLength(2), WAIT)
    await reader.stop()
    const admin = kafkaOf(broker).admin()
    onTestFinished(() => admin.disconnect())
    await admin.connect()
    const offset = async () => (await admin.fetchOffsets({ groupId: 'g', topics: ['in'] }))[0]?.partitions[0]?.offset
    const producer = await transactionalProducer(broker)
    const topics = (value: string) => ({
      consumerGroupId: 'g',
      topics: [{ topic: 'in', partitions: [{ partition: 0, offset: value }] }],
    })
    const aborted = await producer.transaction()
    await sendIn(aborted, ['x'], 'out')
    await aborted.sendOffsets(topics('1'))
    await aborted.abort()
    expect(await offset()).toBe('-1')
    const committed = await producer.transaction()
    await sendIn(committed, ['y'], 'out')
    await committed.sendOffsets(topics('2'))
    expect(await offset()).toBe('-1')
    await committed.commit()
    expect(await offset()).toBe('2')
  })

  it('is fenced when another one takes its id, and its open transaction is aborted', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const zombie = await transactionalProducer(broker)
    const open = await zombie.transaction()
    await sendIn(open, ['lost'])
    // kafkajs takes its id over with the first transaction, not when it connects.
    const transaction = await (await transactionalProducer(broker)).transaction()
    await expect(sendIn(open, ['late'])).rejects.toThrow()
    await expect(open.commit()).rejects.toThrow()
    await sendIn(transaction, ['kept'])
    await transaction.commit()
    expect(await readValues(kafkaOf(broker), 't', 1)).toEqual(['kept'])
  })

  it('loses a transaction that stays open beyond its timeout', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const producer = await transactionalProducer(broker, 'slow', 300)
    const transaction = await producer.transaction()
    await sendIn(transaction, ['late'])
    await vi.waitFor(() => {
      const partition = broker.topics()[0]?.partitions[0]
      expect(partition?.lastStableOffset).toBe(partition?.endOffset)
    }, WAIT)
    await expect(transaction.commit()).rejects.toThrow()
    await send(kafkaOf(broker), 't', ['next'])
    expect(await readValues(kafkaOf(broker), 't', 1)).toEqual(['next'])
  })
})
