import { type Admin, CompressionTypes, ConfigResourceTypes } from 'kafkajs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { EmbeddedBroker } from '../../src/index.ts'
import { kafkaOf, readValues, send, testBroker, WAIT } from '../test-clients.ts'

async function adminOf(broker: EmbeddedBroker): Promise<Admin> {
  const admin = kafkaOf(broker, { retry: { retries: 2, initialRetryTime: 10 } }).admin()
  onTestFinished(() => admin.disconnect())
  await admin.connect()
  return admin
}

describe('administration with kafkajs', () => {
  it('makes, lists, grows and deletes topics', async () => {
    const broker = await testBroker({ defaultPartitions: 2 })
    const admin = await adminOf(broker)
    expect(await admin.createTopics({ topics: [{ topic: 'a', numPartitions: 3 }, { topic: 'b' }] })).toBe(true)
    expect(await admin.createTopics({ topics: [{ topic: 'a' }] })).toBe(false)
    expect((await admin.listTopics()).sort()).toEqual(['a', 'b'])
    const partitionsOf = async (topic: string) =>
      (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length
    expect([await partitionsOf('a'), await partitionsOf('b')]).toEqual([3, 2])
    await admin.createPartitions({ topicPartitions: [{ topic: 'a', count: 5 }] })
    expect(await partitionsOf('a')).toBe(5)
    await expect(admin.createPartitions({ topicPartitions: [{ topic: 'a', count: 4 }] })).rejects.toThrow()
    await admin.deleteTopics({ topics: ['a'] })
    expect(await admin.listTopics()).toEqual(['b'])
  })

  it('starts a topic that is deleted and made again at offset 0', async () => {
    const broker = await testBroker()
    const admin = await adminOf(broker)
    await admin.createTopics({ topics: [{ topic: 't' }] })
    await send(kafkaOf(broker), 't', ['old'])
    await admin.deleteTopics({ topics: ['t'] })
    await admin.createTopics({ topics: [{ topic: 't' }] })
    await send(kafkaOf(broker), 't', ['new'])
    expect(await readValues(kafkaOf(broker), 't', 1)).toEqual(['new'])
  })

  it('names what is wrong with a topic', async () => {
    const broker = await testBroker()
    const admin = await adminOf(broker)
    const create = (topic: string, more: object) => admin.createTopics({ topics: [{ topic, ...more }] })
    const error = (type: string) => ({ errors: [expect.objectContaining({ type })] })
    await expect(create('a b', {})).rejects.toMatchObject(error('INVALID_TOPIC_EXCEPTION'))
    await expect(create('t', { numPartitions: 0 })).rejects.toMatchObject(error('INVALID_PARTITIONS'))
    await expect(create('t', { replicationFactor: 2 })).rejects.toMatchObject(error('INVALID_REPLICATION_FACTOR'))
    const config = (name: string, value: string) => ({ configEntries: [{ name, value }] })
    await expect(create('t', config('retention', '1'))).rejects.toMatchObject(error('INVALID_CONFIG'))
    await expect(create('t', config('retention.ms', 'soon'))).rejects.toMatchObject(error('INVALID_CONFIG'))
    expect(broker.topics()).toEqual([])
  })

  it('keeps, reports and changes the configuration of a topic', async () => {
    const broker = await testBroker()
    const admin = await adminOf(broker)
    const configEntries = [{ name: 'retention.ms', value: '5000' }]
    await admin.createTopics({ topics: [{ topic: 't', configEntries }] })
    const resource = { type: ConfigResourceTypes.TOPIC, name: 't' }
    const describe = async (configNames?: string[]) => {
      const resources = [configNames === undefined ? resource : { ...resource, configNames }]
      const { resources: described } = await admin.describeConfigs({ includeSynonyms: false, resources })
      return Object.fromEntries(described[0]!.configEntries.map(entry => [entry.configName, entry.configValue]))
    }
    expect(await describe()).toMatchObject({ 'retention.ms': '5000', 'max.message.bytes': '1048588' })
    expect(await describe(['retention.bytes'])).toEqual({ 'retention.bytes': '-1' })
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...resource, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
    })
    expect(await describe()).toMatchObject({ 'retention.ms': '-1', 'max.message.bytes': '2000' })
  })

  it('finds offsets by time, exactly inside plain and gzip batches', async () => {
    const broker = await testBroker()
    const admin = await adminOf(broker)
    const producer = kafkaOf(broker).producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    for (const [topic, compression] of [
      ['plain', CompressionTypes.None] as const,
      ['zip', CompressionTypes.GZIP] as const,
    ]) {
      await admin.createTopics({ topics: [{ topic }] })
      for (const times of [
        [1000, 3000, 2000],
        [2500, 4000],
      ]) {
        const messages = times.map(time => ({ value: 'v', timestamp: String(time) }))
        await producer.send({ topic, compression, messages })
      }
      const offsetAt = async (time: number) => (await admin.fetchTopicOffsetsByTimestamp(topic, time))[0]?.offset
      expect(await offsetAt(0)).toBe('0')
      expect(await offsetAt(1000)).toBe('0')
      expect(await offsetAt(1001)).toBe('1')
      expect(await offsetAt(3000)).toBe('1')
      expect(await offsetAt(3001)).toBe('4')
      // kafkajs asks for the end of the log when there is nothing that late.
      expect(await offsetAt(4001)).toBe('5')
    }
    expect(await admin.fetchTopicOffsets('plain')).toMatchObject([{ partition: 0, low: '0', high: '5' }])
  })

  it('deletes records up to an offset, and nothing below it can be read or found any more', async () => {
    const broker = await testBroker()
    const admin = await adminOf(broker)
    await admin.createTopics({ topics: [{ topic: 't' }] })
    for (const value of ['a', 'b', 'c', 'd']) await send(kafkaOf(broker), 't', [value])
    // kafkajs deletes only in topics that it has looked up before.
    expect(await admin.fetchTopicOffsets('t')).toMatchObject([{ low: '0', high: '4' }])
    await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '2' }] })
    expect(await admin.fetchTopicOffsets('t')).toMatchObject([{ low: '2', high: '4' }])
    expect(await readValues(kafkaOf(broker), 't', 2)).toEqual(['c', 'd'])
    const beyond = { topic: 't', partitions: [{ partition: 0, offset: '9' }] }
    await expect(admin.deleteTopicRecords(beyond)).rejects.toThrow()
    await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '-1' }] })
    expect(broker.topics()[0]?.partitions[0]).toMatchObject({ startOffset: 4, endOffset: 4, bytes: 0 })
    await send(kafkaOf(broker), 't', ['e'])
    expect(broker.topics()[0]?.partitions[0]).toMatchObject({ startOffset: 4, endOffset: 5 })
  })

  it('deletes nothing by itself, and by record time or by size when a topic asks for it', async () => {
    const broker = await testBroker({ retentionCheckMs: 10 })
    const producer = kafkaOf(broker).producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    broker.createTopic('forever')
    broker.createTopic('by-time', { config: { 'retention.ms': '60000' } })
    broker.createTopic('by-size', { config: { 'retention.bytes': '5000', 'segment.bytes': '2000' } })
    const now = Date.now()
    const messages = (timestamp: number) => [{ value: 'x'.repeat(900), timestamp: String(timestamp) }]
    for (let n = 0; n < 10; n++) {
      for (const topic of ['forever', 'by-time', 'by-size']) {
        await producer.send({ topic, messages: messages(now - 3_600_000) })
      }
    }
    const partition = (name: string) => broker.topics().find(topic => topic.name === name)?.partitions[0]
    await vi.waitFor(() => expect(partition('by-time')?.startOffset).toBe(10), WAIT)
    await vi.waitFor(() => expect(partition('by-size')?.startOffset).toBeGreaterThan(0), WAIT)
    expect(partition('by-size')?.bytes).toBeGreaterThan(3000)
    expect(partition('forever')).toMatchObject({ startOffset: 0, endOffset: 10 })
    await producer.send({ topic: 'by-time', messages: messages(now) })
    expect(partition('by-time')).toMatchObject({ startOffset: 10, endOffset: 11 })
    expect(await readValues(kafkaOf(broker), 'by-time', 1)).toHaveLength(1)
  })
})
