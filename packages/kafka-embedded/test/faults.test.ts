import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { kafkaOf, readValues, send, startReader, testBroker, WAIT } from './test-clients.ts'

describe('faults', () => {
  it('drop all connections, and nothing is lost or written twice', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const kafka = kafkaOf(broker)
    const reader = await startReader(kafka, 't')
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const sent: string[] = []
    for (let n = 0; n < 20; n++) {
      if (n % 5 === 4) expect(broker.faults.dropConnections()).toBeGreaterThan(0)
      await producer.send({ topic: 't', messages: [{ value: `v${n}` }] })
      sent.push(`v${n}`)
    }
    expect(broker.topics()[0]?.partitions[0]?.endOffset).toBe(20)
    // A consumer that lost its group may get records again that it had not committed.
    const byOffset = () => new Map(reader.records.map(({ offset, value }) => [offset, value]))
    await vi.waitFor(() => expect(byOffset().size).toBe(20), WAIT)
    expect([...byOffset()].sort(([a], [b]) => a - b).map(([, value]) => value)).toEqual(sent)
  })

  it('drop the connection at the n-th request before it is handled, or after', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const endOffset = () => broker.topics()[0]?.partitions[0]?.endOffset
    const producer = kafkaOf(broker, { retry: { retries: 0 } }).producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const sendOne = () => producer.send({ topic: 't', messages: [{ value: 'v' }] })
    const before = broker.faults.dropConnectionAt('Produce', { nth: 2 })
    await sendOne()
    await expect(sendOne()).rejects.toThrow()
    expect([endOffset(), before.strikes]).toEqual([1, 1])
    broker.faults.dropConnectionAt('Produce', { when: 'before-answer' })
    await expect(sendOne()).rejects.toThrow()
    expect(endOffset()).toBe(2)
    await sendOne()
    expect(endOffset()).toBe(3)
  })

  it('answer with an error so many times, and the request is not carried out then', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const fault = broker.faults.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER', { times: 3 })
    await send(kafkaOf(broker), 't', ['a'])
    expect(fault.strikes).toBe(3)
    expect(broker.topics()[0]?.partitions[0]?.endOffset).toBe(1)
    broker.faults.failNext('Fetch', 'NOT_LEADER_OR_FOLLOWER')
    expect(await readValues(kafkaOf(broker), 't', 1)).toEqual(['a'])
  })

  it('delay an API until the fault is cancelled', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const producer = kafkaOf(broker).producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const fault = broker.faults.delay('Produce', 60)
    const start = performance.now()
    await producer.send({ topic: 't', messages: [{ value: 'v' }] })
    expect(performance.now() - start).toBeGreaterThanOrEqual(59)
    fault.cancel()
    await producer.send({ topic: 't', messages: [{ value: 'v' }] })
    expect(fault.strikes).toBe(1)
  })

  it('truncate a partition, which a consumer behind the new end cannot overlook', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    for (const value of ['a', 'b', 'c']) await send(kafkaOf(broker), 't', [value])
    expect(broker.faults.truncate('t', 0, 1)).toBe(1)
    expect(await readValues(kafkaOf(broker), 't', 1)).toEqual(['a'])
    await send(kafkaOf(broker), 't', ['d'])
    expect(await readValues(kafkaOf(broker), 't', 2)).toEqual(['a', 'd'])
    expect(() => broker.faults.truncate('t', 5, 0)).toThrow(
      expect.objectContaining({ code: 'BROKER_UNKNOWN_PARTITION' }),
    )
  })

  it('delete a topic under the hands of a consumer that waits for its records', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const consumer = kafkaOf(broker, { retry: { retries: 2, initialRetryTime: 10 } }).consumer({
      groupId: 'g',
      maxWaitTimeInMs: 60_000,
      allowAutoTopicCreation: false,
      retry: { retries: 2, initialRetryTime: 10, restartOnFailure: async () => false },
    })
    onTestFinished(() => consumer.disconnect())
    const crashes: string[] = []
    consumer.on('consumer.crash', ({ payload }) => crashes.push(payload.error.message))
    await consumer.connect()
    await consumer.subscribe({ topic: 't' })
    await consumer.run({ eachMessage: async () => {} })
    await vi.waitFor(() => expect(broker.requestCount('Fetch')).toBeGreaterThan(0), WAIT)
    expect(broker.faults.deleteTopic('t')).toBe(true)
    expect(broker.faults.deleteTopic('t')).toBe(false)
    await vi.waitFor(() => expect(crashes[0]).toContain('does not host this topic'), WAIT)
  })

  it('refuse connections until they are accepted again, on the same port', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const { address } = broker
    await broker.faults.refuseConnections()
    const impatient = kafkaOf(broker, { retry: { retries: 0 } })
    await expect(send(impatient, 't', ['a'])).rejects.toThrow(/ECONNREFUSED/)
    await broker.faults.acceptConnections()
    await send(kafkaOf(broker), 't', ['a'])
    expect(broker.address).toBe(address)
  })

  it('pause and resume the handling of requests', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const producer = kafkaOf(broker).producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    await producer.send({ topic: 't', messages: [{ value: 'a' }] })
    broker.faults.pause()
    const sending = producer.send({ topic: 't', messages: [{ value: 'b' }] })
    await vi.waitFor(() => expect(broker.requestCount('Produce')).toBe(2), WAIT)
    expect(broker.topics()[0]?.partitions[0]?.endOffset).toBe(1)
    broker.faults.resume()
    await sending
    expect(broker.topics()[0]?.partitions[0]?.endOffset).toBe(2)
  })
})
