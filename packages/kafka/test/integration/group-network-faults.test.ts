import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import type { SourceSession } from '@rtp/stream-core/extend'
import { type NetworkFault, type NetworkProxy, networkProxy } from '@rtp/stream-testing/network'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { kafkaSource, text } from '../../src/index.ts'
import { sourceContext } from './test-topic.ts'

let proxy: NetworkProxy
let broker: EmbeddedBroker
let member: SourceSession<string>

beforeEach(async () => {
  proxy = await networkProxy()
  broker = await startBroker({ advertisedPort: proxy.port })
  proxy.target = `127.0.0.1:${broker.port}`
  broker.createTopic('topic')
  // A request may take 30 s; what tells that the membership is over is its session.
  member = await kafkaSource({
    brokers: [proxy.address],
    topic: 'topic',
    value: text,
    sessionTimeoutMs: 300,
  }).open(sourceContext({ shareable: true }))
  await member.join!()
})
afterEach(async () => {
  await member.close()
  await broker.stop()
  await proxy.close()
})

/** Waits until the broker hears of the member again. */
async function showsLife(): Promise<void> {
  const before = broker.requestCount('Heartbeat')
  await expect.poll(() => broker.requestCount('Heartbeat'), { timeout: 15_000 }).toBeGreaterThan(before + 1)
}

it.each<NetworkFault>([
  { kind: 'half-open', direction: 'toServer' },
  { kind: 'half-open', direction: 'toClient' },
  { kind: 'reset', direction: 'toServer' },
])(
  'a member of a group comes back over another connection when its own dies: $kind $direction',
  async fault => {
    await showsLife()
    proxy.apply(fault)
    await showsLife()
  },
  40_000,
)

it('a member of a group understands answers again after its connection broke within one', async () => {
  for (let bytes = 1; bytes < 16; bytes += 5) {
    await showsLife()
    await proxy.applyWhen({ direction: 'toClient', bytes }, { kind: 'reset' })
  }
  await showsLife()
}, 60_000)
