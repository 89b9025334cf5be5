import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { largeBatch } from './batches.ts'
import { fetchRecords, produce, RawClient } from './raw-client.ts'
import { testBroker } from './test-clients.ts'

const BATCHES = 100
const RECORDS_PER_BATCH = 10_000

/**
 * Heap and Buffers after a collection, in MB. Memory of Buffers is freed by other threads, which the next collection waits for: without
 * a second one the figure depends on how busy the machine is.
 */
function memoryMb(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

it('holds a million messages without holding them in memory, and reads them back', { timeout: 60_000 }, async () => {
  const broker = await testBroker()
  broker.createTopic('t', { config: { 'max.message.bytes': '10000000' } })
  const client = await RawClient.connect(broker)
  const batch = largeBatch(RECORDS_PER_BATCH, 90)
  await produce(client, batch)
  const atStart = memoryMb()
  let most = 0
  for (let n = 1; n < BATCHES; n++) {
    expect((await produce(client, batch)).errorCode).toBe(0)
    if (n % 20 === 0) most = Math.max(most, memoryMb())
  }
  const partition = broker.topics()[0]?.partitions[0]
  expect(partition).toMatchObject({ endOffset: BATCHES * RECORDS_PER_BATCH, bytes: BATCHES * batch.length })
  for (let offset = 0; offset < BATCHES * RECORDS_PER_BATCH; ) {
    const { records } = await fetchRecords(client, { offset, partitionMaxBytes: 4_000_000 })
    offset += (records.length / batch.length) * RECORDS_PER_BATCH
    if (offset % 200_000 < 30_000) most = Math.max(most, memoryMb())
  }
  expect(batch.length * BATCHES).toBeGreaterThan(95e6)
  expect(most - atStart).toBeLessThan(25)
})
