import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import { batchOf } from '@rtp/stream-testing'
import { type NetworkFault, type NetworkProxy, networkProxy } from '@rtp/stream-testing/network'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KafkaConnectionOptions, kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { offsetsOf, readAll, sinkContext, sourceContext, valuesOf } from './test-topic.ts'

let proxy: NetworkProxy
let broker: EmbeddedBroker
let connection: KafkaConnectionOptions

beforeEach(async () => {
  proxy = await networkProxy()
  broker = await startBroker({ advertisedPort: proxy.port })
  proxy.target = `127.0.0.1:${broker.port}`
  broker.createTopic('topic')
  connection = { brokers: [proxy.address], connectTimeoutMs: 500, requestTimeoutMs: 500 }
})
afterEach(async () => {
  await broker.stop()
  await proxy.close()
})

const VALUES = Array.from({ length: 5_000 }, (_, index) => `value ${index}`)

/** Each half, so that either the request or its answer gets lost. */
const DEAD_CONNECTIONS: readonly NetworkFault[] = [
  { kind: 'half-open', direction: 'toServer' },
  { kind: 'half-open', direction: 'toClient' },
  { kind: 'slow-close', direction: 'toServer' },
  { kind: 'reset', direction: 'toClient' },
]

function openSink() {
  // Small batches, so that there are many requests for a fault to meet.
  return kafkaSink<string>({ ...connection, topic: 'topic', value: text, batchBytes: 2_000, lingerMs: 0 }).open(
    sinkContext(),
  )
}

async function write(values: readonly string[]): Promise<void> {
  const sink = await openSink()
  sink.write(batchOf(values))
  await sink.seal()!.flush()
  await sink.close()
}

async function read(fetchBytes = 5_000): Promise<string[]> {
  const session = await kafkaSource({
    ...connection,
    topic: 'topic',
    value: text,
    until: 'end',
    fetchBytes,
  }).open(sourceContext())
  const batches = await readAll(await session.read(0, undefined))
  await session.close()
  expect(offsetsOf(batches)).toEqual(valuesOf(batches).map((_, offset) => offset))
  return valuesOf(batches)
}

describe('a source', () => {
  it.each(DEAD_CONNECTIONS)(
    'goes on by itself over connections that die in the middle of an answer: $kind $direction',
    async fault => {
      await write(VALUES)
      const dead = proxy.applyWhen({ direction: 'toClient', bytes: 20_000 }, fault)
      const values = read()
      await dead
      expect(await values).toEqual(VALUES)
    },
  )

  it.each<NetworkFault>([
    { kind: 'latency', ms: 20, jitterMs: 20 },
    { kind: 'bandwidth', bytesPerSecond: 300_000 },
    { kind: 'torn', pieceBytes: 3 },
  ])('reads everything over a network with $kind', async fault => {
    await write(VALUES)
    proxy.apply(fault)
    expect(await read()).toEqual(VALUES)
    expect(proxy.counts.hits[fault.kind]).toBeGreaterThan(0)
  })

  it('reads answers that take longer than the time for one, as long as something comes', async () => {
    await write(VALUES)
    proxy.apply({ kind: 'bandwidth', bytesPerSecond: 80_000, direction: 'toClient' })
    const begun = performance.now()
    expect(await read(1_000_000)).toEqual(VALUES)
    expect(performance.now() - begun).toBeGreaterThan(2 * connection.requestTimeoutMs!)
    // One for all records, and perhaps some that came too early or found the end.
    expect(broker.requestCount('Fetch')).toBeLessThan(5)
  })

  it('gives a broker up that accepts connections and says nothing', async () => {
    proxy.apply({ kind: 'stall' })
    const source = kafkaSource({
      ...connection,
      requestTimeoutMs: 60_000,
      reachTimeoutMs: 1_000,
      topic: 'topic',
      value: text,
    })
    const opened = source.open(sourceContext())
    await expect(opened).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', retryable: true })
    await expect(opened).rejects.toThrow('no login within 500 ms')
  })
})

describe('a sink', () => {
  it.each(DEAD_CONNECTIONS)('writes each record once over connections that die: $kind $direction', async fault => {
    const sink = await openSink()
    const dead = proxy.applyWhen({ direction: 'toServer', bytes: 40_000 }, fault)
    sink.write(batchOf(VALUES))
    await sink.seal()!.flush()
    await dead
    await sink.close()
    expect(await read()).toEqual(VALUES)
  })
})
