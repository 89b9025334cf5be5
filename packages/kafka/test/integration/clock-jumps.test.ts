import { randomUUID } from 'node:crypto'
import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import { batchOf } from '@rtp/stream-testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { sinkContext, sourceContext } from './test-topic.ts'

const HOURS = 3_600_000
const SESSION_MS = 1_500

let broker: EmbeddedBroker

beforeEach(async () => {
  broker = await startBroker()
  broker.createTopic('topic')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await broker.stop()
})

/** Sets the clock of this process, and lets it go on from there. */
function setClock(byMs: number): void {
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs)
}

it.each([
  ['back', -3 * HOURS],
  ['forth', 3 * HOURS],
])(
  'a member of a group stays one, and reads on, when the clock is set %s by hours',
  async (_, byMs) => {
    const job = `job-${randomUUID()}`
    const context = sourceContext({ job, shareable: true })
    const source = kafkaSource({ brokers: [broker.address], topic: 'topic', value: text, sessionTimeoutMs: SESSION_MS })
    const session = await source.open(context)
    await session.join!()
    let changes = 0
    session.onAssignment!(() => changes++)
    const reader = await session.read(0, undefined)
    const next = reader.next()
    setClock(byMs)
    const before = broker.requestCount('Heartbeat')
    const joined = broker.requestCount('JoinGroup')
    // More than the session time-out, at three heartbeats in it.
    await expect.poll(() => broker.requestCount('Heartbeat') - before, { timeout: 15_000 }).toBeGreaterThan(6)
    expect(broker.requestCount('JoinGroup')).toBe(joined)
    expect([session.assigned!(), changes]).toEqual([[0], 0])
    const writer = await kafkaSink<string>({ brokers: [broker.address], topic: 'topic', value: text }).open(
      sinkContext(),
    )
    writer.write(batchOf(['after']))
    await writer.seal()!.flush()
    await writer.close()
    expect((await next)!.values).toEqual(['after'])
    await session.close()
  },
  30_000,
)
