import { expect, it, onTestFinished } from 'vitest'
import { kafkaOf, readValues, send, testBroker } from '../test-clients.ts'
import { describeWithKcat, kcat } from './kcat.ts'

const lines = Array.from({ length: 2000 }, (_, n) => `line ${n} ${'x'.repeat(n % 50)}`)
const consume = ['-C', '-t', 't', '-e', '-q', '-o', 'beginning']

describeWithKcat('the embedded broker with kcat', () => {
  for (const [name, options] of [
    ['plain', []],
    ['gzip', ['-z', 'gzip']],
    ['idempotent', ['-X', 'enable.idempotence=true']],
    [
      'idempotent, gzip and of many small batches',
      ['-X', 'enable.idempotence=true', '-X', 'batch.num.messages=7', '-z', 'gzip'],
    ],
    ['transactional', ['-X', 'transactional.id=tx']],
  ] as const) {
    it(`writes and reads ${name} batches`, async () => {
      const broker = await testBroker()
      broker.createTopic('t')
      await kcat(broker, ['-P', '-t', 't', '-p', '0', ...options], lines)
      expect(await kcat(broker, consume)).toEqual(lines)
      expect(await readValues(kafkaOf(broker), 't', lines.length)).toEqual(lines)
    })
  }

  it('lists the metadata of topics and partitions', async () => {
    const broker = await testBroker()
    broker.createTopic('t', { partitions: 3 })
    const text = (await kcat(broker, ['-L'])).join('\n')
    expect(text).toContain('topic "t" with 3 partitions')
    expect(text).toContain(`broker 1 at ${broker.address} (controller)`)
  })

  it('hides aborted records from read_committed, and shows them to read_uncommitted', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const producer = kafkaOf(broker).producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    for (const [value, end] of [
      ['a', 'commit'],
      ['x', 'abort'],
      ['b', 'commit'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: 't', messages: [{ key: Buffer.alloc(4), value }] })
      await transaction[end]()
    }
    expect(await kcat(broker, [...consume, '-X', 'isolation.level=read_committed'])).toEqual(['a', 'b'])
    expect(await kcat(broker, [...consume, '-X', 'isolation.level=read_uncommitted'])).toEqual(['a', 'x', 'b'])
  })

  it('reads from a time on, and as a group from the committed offset on', async () => {
    const broker = await testBroker()
    broker.createTopic('t')
    const producer = kafkaOf(broker).producer()
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const messages = [1000, 2000, 3000].map(time => ({ value: `at ${time}`, timestamp: String(time) }))
    await producer.send({ topic: 't', messages })
    expect(await kcat(broker, ['-C', '-t', 't', '-p', '0', '-e', '-q', '-o', 's@1500'])).toEqual(['at 2000', 'at 3000'])
    const asGroup = ['-G', 'g', '-q', '-e', '-X', 'auto.offset.reset=earliest', 't']
    expect(await kcat(broker, asGroup)).toEqual(['at 1000', 'at 2000', 'at 3000'])
    await send(kafkaOf(broker), 't', ['later'])
    expect(await kcat(broker, asGroup)).toEqual(['later'])
  })
})
