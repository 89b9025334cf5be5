import { createServer } from 'node:net'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { apacheKafka, embeddedKafka, formatBroker, realKafka } from '../src/index.ts'
import { answersKafka } from '../src/wire-probe.ts'

beforeEach(() => {
  for (const name of ['RTP_TEST_KAFKA', 'RTP_SKIP_REAL', 'RTP_REQUIRE_REAL', 'KAFKA_BROKERS']) vi.stubEnv(name, '')
  return () => vi.unstubAllEnvs()
})

test('a broker that a parent process started is used, and left running', async () => {
  const parents = await embeddedKafka()
  onTestFinished(() => parents.stop())
  vi.stubEnv('RTP_TEST_KAFKA', formatBroker(parents))
  const broker = await realKafka()
  expect(broker).toMatchObject({ kind: 'embedded', brokers: parents.brokers })
  if (!('skipped' in broker)) await broker.stop()
  expect(await answersKafka(parents.brokers[0] ?? '')).toBe(true)
})

test('a skip that a parent process decided is kept, with its reason', async () => {
  vi.stubEnv('RTP_TEST_KAFKA', formatBroker({ skipped: 'no java here' }))
  expect(await realKafka()).toEqual({ skipped: 'no java here' })
})

test('a skip is an error where real servers are required', async () => {
  vi.stubEnv('RTP_TEST_KAFKA', formatBroker({ skipped: 'no java here' }))
  vi.stubEnv('RTP_REQUIRE_REAL', '1')
  await expect(realKafka()).rejects.toThrow('no java here')
})

test('KAFKA_BROKERS goes first and must answer', async () => {
  const given = await embeddedKafka()
  vi.stubEnv('KAFKA_BROKERS', `${given.brokers[0]}, localhost:1`)
  expect(await realKafka()).toMatchObject({ kind: 'external', brokers: [given.brokers[0], 'localhost:1'] })
  await given.stop()
  await expect(realKafka()).rejects.toThrow(`no Kafka broker answers at ${given.brokers[0]}`)
})

test('a port that something else listens on is no broker', async () => {
  const other = createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const address = other.address()
  expect(await answersKafka(`127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)).toBe(false)
})

test('Apache Kafka answers again on the same address after a kill and a restart', async context => {
  const broker = await apacheKafka()
  if ('skipped' in broker) return context.skip(broker.skipped)
  onTestFinished(() => broker.stop())
  const [address = ''] = broker.brokers
  expect(await answersKafka(address)).toBe(true)
  await broker.kill?.()
  expect(await answersKafka(address)).toBe(false)
  await broker.restart?.()
  expect(await answersKafka(address)).toBe(true)
  // Two starts of a JVM, on a machine that may be busy with builds.
}, 180_000)
