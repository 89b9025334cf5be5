import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { kafkaOf, send, startReader, testBroker, WAIT } from '../test-clients.ts'

describe('consumer groups with kafkajs', () => {
  it('share the partitions among two members, and give them all to the one that stays', async () => {
    const broker = await testBroker()
    broker.createTopic('t', { partitions: 4 })
    const kafka = kafkaOf(broker)
    const first = await startReader(kafka, 't', { groupId: 'g' })
    const second = await startReader(kafka, 't', { groupId: 'g' })
    const admin = kafka.admin()
    onTestFinished(() => admin.disconnect())
    await admin.connect()
    await vi.waitFor(async () => {
      const { groups } = await admin.describeGroups(['g'])
      expect(groups[0]).toMatchObject({ state: 'Stable', protocolType: 'consumer', protocol: 'RoundRobinAssigner' })
      expect(groups[0]?.members).toHaveLength(2)
    }, WAIT)
    for (let partition = 0; partition < 4; partition++) await send(kafka, 't', [`a${partition}`], partition)
    await vi.waitFor(() => expect(first.records.length + second.records.length).toBe(4), WAIT)
    expect(new Set([...first.records, ...second.records].map(({ partition }) => partition)).size).toBe(4)
    expect(first.records).toHaveLength(2)

    await second.stop()
    for (let partition = 0; partition < 4; partition++) await send(kafka, 't', [`b${partition}`], partition)
    const valuesOfFirst = () => first.records.map(({ value }) => value)
    await vi.waitFor(() => expect(valuesOfFirst()).toEqual(expect.arrayContaining(['b0', 'b1', 'b2', 'b3'])), WAIT)
  })

  it('go on behind the committed offset when a member comes back', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const kafka = kafkaOf(broker)
    await send(kafka, 't', ['a', 'b', 'c'])
    const first = await startReader(kafka, 't', { groupId: 'g' })
    await vi.waitFor(() => expect(first.records).toHaveLength(3), WAIT)
    await first.stop()
    await send(kafka, 't', ['d'])
    const second = await startReader(kafka, 't', { groupId: 'g' })
    await vi.waitFor(() => expect(second.records.map(({ value }) => value)).toEqual(['d']), WAIT)
  })

  it('put a member out that is silent for its session timeout', async () => {
    const broker = await testBroker()
    broker.createTopic('t', { partitions: 2 })
    const kafka = kafkaOf(broker)
    const silent = kafka.consumer({ groupId: 'g', sessionTimeout: 1000, heartbeatInterval: 100 })
    onTestFinished(() => silent.disconnect())
    await silent.connect()
    await silent.subscribe({ topic: 't', fromBeginning: true })
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    onTestFinished(() => release())
    let isHolding = false
    await silent.run({
      eachBatchAutoResolve: false,
      eachBatch: async () => {
        isHolding = true
        await held
      },
    })
    await send(kafka, 't', ['a'], 0)
    await vi.waitFor(() => expect(isHolding).toBe(true), WAIT)
    const other = await startReader(kafka, 't', { groupId: 'g' })
    await send(kafka, 't', ['b'], 1)
    await vi.waitFor(() => expect(other.records.map(({ value }) => value).sort()).toEqual(['a', 'b']), WAIT)
  })

  it('can be listed, reset and deleted', { timeout: 20_000 }, async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const kafka = kafkaOf(broker)
    await send(kafka, 't', ['a', 'b'])
    const reader = await startReader(kafka, 't', { groupId: 'g' })
    await vi.waitFor(() => expect(reader.records).toHaveLength(2), WAIT)
    const admin = kafka.admin()
    onTestFinished(() => admin.disconnect())
    await admin.connect()
    await expect(admin.deleteGroups(['g'])).rejects.toThrow()
    await reader.stop()
    expect((await admin.listGroups()).groups).toEqual([{ groupId: 'g', protocolType: 'consumer' }])
    const offsets = async () => (await admin.fetchOffsets({ groupId: 'g', topics: ['t'] }))[0]?.partitions
    expect(await offsets()).toMatchObject([{ partition: 0, offset: '2' }])
    await admin.setOffsets({ groupId: 'g', topic: 't', partitions: [{ partition: 0, offset: '1' }] })
    expect(await offsets()).toMatchObject([{ partition: 0, offset: '1' }])
    await admin.deleteGroups(['g'])
    expect((await admin.listGroups()).groups).toEqual([])
    expect(await offsets()).toMatchObject([{ partition: 0, offset: '-1' }])
  })
})
