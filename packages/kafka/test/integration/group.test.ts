import { randomUUID } from 'node:crypto'
import type { SourceSession } from '@rtp/stream-core/extend'
import { batchOf } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { Kafka, logLevel } from 'kafkajs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { freshTopic, sinkContext, sourceContext, type TestTopic } from './test-topic.ts'

function open(target: TestTopic, job: string): Promise<SourceSession<string>> {
  return kafkaSource({ ...target, value: text, sessionTimeoutMs: 6_000 }).open(sourceContext({ job, shareable: true }))
}

forEachBroker(broker => {
  it('shares the partitions between the processes of a job, and gives them back when one leaves', async () => {
    const target = await freshTopic(broker, { partitions: 4 })
    const job = `job-${randomUUID()}`
    const first = await open(target, job)
    expect(first.assigned!()).toEqual([0, 1, 2, 3])
    let changes = 0
    first.onAssignment!(() => changes++)
    const second = await open(target, job)
    await expect.poll(() => first.assigned!().length, { timeout: 10_000 }).toBe(2)
    expect(second.assigned!().length).toBe(2)
    expect([...first.assigned!(), ...second.assigned!()].sort()).toEqual([0, 1, 2, 3])
    expect(changes).toBeGreaterThan(0)
    await second.close()
    await expect.poll(() => first.assigned!(), { timeout: 10_000 }).toEqual([0, 1, 2, 3])
    await first.close()
  }, 30_000)

  it('reads what it is assigned through its own fetches, and commits nothing to the group', async () => {
    const target = await freshTopic(broker, { partitions: 2 })
    const job = `job-${randomUUID()}`
    const session = await open(target, job)
    const readers = await Promise.all(session.assigned!().map(partition => session.read(partition, undefined)))
    const next = readers.map(reader => reader.next())
    const sink = await kafkaSink<string>({ ...target, value: text, partition: Number }).open(sinkContext())
    sink.write(batchOf(['0', '1']))
    await sink.seal()!.flush()
    await sink.close()
    expect((await Promise.all(next)).map(batch => batch!.values)).toEqual([['0'], ['1']])
    await session.close()
    const admin = new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const [committed] = await admin.fetchOffsets({ groupId: job, topics: [target.topic] })
    await admin.disconnect()
    expect(committed!.partitions.map(({ offset }) => offset)).toEqual(['-1', '-1'])
  })

  it('sets no timers in the past, which newer versions of Node warn of, and prints nothing', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const warn = vi.fn()
    process.on('warning', warn)
    const print = [vi.spyOn(console, 'log'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')]
    onTestFinished(() => {
      vi.restoreAllMocks()
      process.off('warning', warn)
    })
    const session = await open(await freshTopic(broker), `job-${randomUUID()}`)
    const next = (await session.read(0, undefined)).next()
    await session.close()
    await next
    expect(timers.mock.calls.length).toBeGreaterThan(0)
    expect(timers.mock.calls.filter(([, delayMs]) => (delayMs ?? 0) < 0)).toEqual([])
    expect(warn).not.toHaveBeenCalled()
    for (const printed of print) expect(printed).not.toHaveBeenCalled()
  })

  it('reads a fixed list of partitions, or all, without a group', async () => {
    const target = await freshTopic(broker, { partitions: 3 })
    const listed = await kafkaSource({ ...target, value: text, assignment: [2, 0] }).open(
      sourceContext({ shareable: true }),
    )
    expect(listed.assigned!()).toEqual([0, 2])
    await listed.close()
    const all = await kafkaSource({ ...target, value: text }).open(sourceContext())
    expect(all.assigned!()).toEqual([0, 1, 2])
    await all.close()
  })
})
