import { expect, onTestFinished, test } from 'vitest'
import { apacheKafka } from '../src/index.ts'
import { answersKafka } from '../src/wire-probe.ts'

test('Apache Kafka answers after a kill and a restart on the same address', async () => {
  const broker = await apacheKafka()
  if ('skipped' in broker) return
  onTestFinished(() => broker.stop())
  const [address = ''] = broker.brokers
  expect(await answersKafka(address)).toBe(true)
  await broker.kill?.()
  expect(await answersKafka(address)).toBe(false)
  await broker.restart?.()
  expect(await answersKafka(address)).toBe(true)
})
