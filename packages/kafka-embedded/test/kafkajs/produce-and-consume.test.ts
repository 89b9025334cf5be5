import { CompressionTypes } from 'kafkajs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { kafkaOf, readValues, send, startReader, testBroker, WAIT } from '../test-clients.ts'

describe('produce and consume with kafkajs', () => {
  it('keeps keys, values, headers, timestamps and null values', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const kafka = kafkaOf(broker)
    const producer = kafka.producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const [metadata] = await producer.send({
      topic: 't',
      messages: [
        { key: 'k1', value: 'v1', timestamp: '1000', headers: { a: '1', b: 'zwei' } },
        { key: 'k2', value: null, timestamp: '900' },
      ],
    })
    expect(metadata).toMatchObject({ partition: 0, baseOffset: '0', errorCode: 0, logStartOffset: '0' })
    const { records } = await startReader(kafka, 't')
    await vi.waitFor(() => expect(records).toHaveLength(2), WAIT)
    expect(records).toEqual([
      { partition: 0, offset: 0, key: 'k1', value: 'v1', timestamp: 1000, headers: { a: '1', b: 'zwei' } },
      { partition: 0, offset: 1, key: 'k2', value: null, timestamp: 900, headers: {} },
    ])
  })

  it('keeps gzip batches as they are', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const kafka = kafkaOf(broker)
    const producer = kafka.producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const messages = Array.from({ length: 500 }, (_, n) => ({ value: `value ${n}` }))
    await producer.send({ topic: 't', compression: CompressionTypes.GZIP, messages })
    expect(broker.topics()[0]?.partitions[0]?.bytes).toBeLessThan(5000)
    expect(await readValues(kafka, 't', 500)).toEqual(messages.map(({ value }) => value))
  })

  it('gives every partition offsets of its own, in the order of the sends', async () => {
    const broker = await testBroker()
    broker.createTopic('t', { partitions: 3 })
    const kafka = kafkaOf(broker)
    for (let round = 0; round < 3; round++) {
      for (let partition = 0; partition < 3; partition++) await send(kafka, 't', [`${partition}.${round}`], partition)
    }
    const { records } = await startReader(kafka, 't')
    await vi.waitFor(() => expect(records).toHaveLength(9), WAIT)
    for (let partition = 0; partition < 3; partition++) {
      const values = records.filter(record => record.partition === partition).map(({ value }) => value)
      expect(values).toEqual([`${partition}.0`, `${partition}.1`, `${partition}.2`])
    }
  })

  it('answers a waiting fetch when a record comes, not only when its time is over', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const kafka = kafkaOf(broker)
    const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 60_000 })
    onTestFinished(() => consumer.disconnect())
    const values: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) })
    await vi.waitFor(() => expect(broker.requestCount('Fetch')).toBeGreaterThan(0), WAIT)
    await send(kafka, 't', ['late'])
    await vi.waitFor(() => expect(values).toEqual(['late']), WAIT)
    // The fetch that is waiting now must not hold the consumer up when it leaves.
    broker.faults.dropConnections()
  })

  it('refuses a message above max.message.bytes', async () => {
    const broker = await testBroker()
    broker.createTopic('t', { config: { 'max.message.bytes': '1000' } })
    const kafka = kafkaOf(broker)
    await expect(send(kafka, 't', ['x'.repeat(2000)])).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
    await send(kafka, 't', ['x'.repeat(500)])
    expect(broker.topics()[0]?.partitions[0]?.endOffset).toBe(1)
  })

  it('takes messages that want no acknowledgement', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const kafka = kafkaOf(broker)
    const producer = kafka.producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    await producer.send({ topic: 't', acks: 0, messages: [{ value: 'a' }] })
    await producer.send({ topic: 't', acks: 1, messages: [{ value: 'b' }] })
    expect(await readValues(kafka, 't', 2)).toEqual(['a', 'b'])
  })

  it('makes a missing topic only when it is started so', async () => {
    const strict = await testBroker()
    await expect(send(kafkaOf(strict, { retry: { retries: 1, initialRetryTime: 10 } }), 'new', ['a'])).rejects.toThrow()
    expect(strict.topics()).toEqual([])
    const lenient = await testBroker({ autoCreateTopics: true, defaultPartitions: 3 })
    await send(kafkaOf(lenient), 'new', ['a'])
    expect(lenient.topics()[0]).toMatchObject({ name: 'new' })
    expect(lenient.topics()[0]?.partitions).toHaveLength(3)
  })
})
