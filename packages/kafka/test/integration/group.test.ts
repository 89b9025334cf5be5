import { randomUUID } from 'node:crypto'
import type { SourceSession } from '@rtp/stream-core/extend'
import { batchOf } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { Kafka, logLevel } from 'kafkajs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { freshTopic, sinkContext, sourceContext, type TestTopic } from './test-topic.ts'

/** One source of a run of the job, not in its group yet. */
function openOnly(target: TestTopic, job: string, run: AbortSignal, groupId = job): Promise<SourceSession<string>> {
  return kafkaSource({ ...target, groupId, value: text, sessionTimeoutMs: 6_000 }).open(
    sourceContext({ job, shareable: true, signal: run }),
  )
}

async function open(target: TestTopic, job: string): Promise<SourceSession<string>> {
  const session = await openOnly(target, job, new AbortController().signal)
  await session.join!()
  return session
}

/** All sources of a process of a job: they are opened first, and join then, as a job does it. */
async function openAll(targets: readonly TestTopic[], job: string): Promise<SourceSession<string>[]> {
  const run = new AbortController().signal
  const sessions = await Promise.all(targets.map(target => openOnly(target, job, run)))
  await Promise.all(sessions.map(session => session.join!()))
  return sessions
}

async function closeAll(sessions: readonly SourceSession<string>[]): Promise<void> {
  await Promise.all(sessions.map(session => session.close()))
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

  it('leaves no member behind when the job ends while it joins', async () => {
    const target = await freshTopic(broker, { partitions: 2 })
    const admin = new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    for (const afterMs of [0, 10, 30, 60]) {
      const job = `job-${randomUUID()}`
      const run = new AbortController()
      const session = await openOnly(target, job, run.signal)
      const joined = session.join!().catch(() => undefined)
      setTimeout(() => run.abort(new Error('the job was cancelled')), afterMs)
      await joined
      await session.close()
      const members = async () => (await admin.describeGroups([job])).groups[0]!.members
      await expect.poll(members, { timeout: 4_000 }).toEqual([])
    }
    await admin.disconnect()
  }, 60_000)

  it('gives partition i of each topic of a job to the same process, and moves no more than it must', async () => {
    const targets = [await freshTopic(broker, { partitions: 6 }), await freshTopic(broker, { partitions: 6 })]
    const job = `job-${randomUUID()}`
    const processes = [await openAll(targets, job)]
    const assigned = () => processes.map(([session]) => session!.assigned!())
    /** Waits until the group has settled, with partitions of the same numbers of both topics in each process. */
    const settled = async (sizes: number[]): Promise<void> => {
      await expect.poll(() => assigned().map(({ length }) => length), { timeout: 15_000 }).toEqual(sizes)
      expect(assigned().flat().sort()).toEqual([0, 1, 2, 3, 4, 5])
      for (const [left, right] of processes) expect(right!.assigned!()).toEqual(left!.assigned!())
    }
    await settled([6])
    processes.push(await openAll(targets, job))
    await settled([3, 3])
    const [before] = assigned()
    processes.push(await openAll(targets, job))
    await settled([2, 2, 2])
    expect(before).toEqual(expect.arrayContaining([...assigned()[0]!]))
    const staying = assigned()
    await closeAll(processes.splice(0, 1)[0]!)
    await settled([3, 3])
    for (const [at, partitions] of assigned().entries())
      expect(partitions).toEqual(expect.arrayContaining([...staying[at + 1]!]))
    await Promise.all(processes.map(closeAll))
  }, 60_000)

  it('refuses sources of one job in different groups: nobody could give them the same partitions', async () => {
    const run = new AbortController().signal
    const [target, job] = [await freshTopic(broker), `job-${randomUUID()}`]
    const sessions = [await openOnly(target, job, run), await openOnly(target, job, run, `${job}-other`)]
    await expect(sessions[0]!.join!()).rejects.toMatchObject({ code: 'KAFKA_OPTION_INVALID' })
    await closeAll(sessions)
  })

  it('fails in a group whose members deal partitions in another way, and says so', async () => {
    const target = await freshTopic(broker)
    const groupId = `group-${randomUUID()}`
    const stranger = new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING }).consumer({
      groupId,
      maxWaitTimeInMs: 100,
    })
    onTestFinished(() => stranger.disconnect())
    const isIn = new Promise(resolve => stranger.on(stranger.events.GROUP_JOIN, resolve))
    await stranger.connect()
    await stranger.subscribe({ topics: [target.topic] })
    await stranger.run({ eachMessage: async () => undefined })
    await isIn
    const session = await openOnly(target, groupId, new AbortController().signal)
    onTestFinished(() => session.close())
    await expect(session.join!()).rejects.toMatchObject({
      code: 'KAFKA_GROUP_FAILED',
      retryable: false,
      message: expect.stringContaining('rtp-tasks'),
    })
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
