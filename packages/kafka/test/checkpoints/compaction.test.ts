import { randomUUID } from 'node:crypto'
import { batchOf } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { expect, it } from 'vitest'
import { bytes, ensureTopic, kafkaCheckpoints, kafkaSource, nullable, text } from '../../src/index.ts'
import { freshTopic, readAll, sinkContext, sourceContext, type TestTopic } from '../integration/test-topic.ts'
import { CheckpointedTask } from './checkpointed-task.ts'

/** Records of the topic that are still there; those of aborted transactions count too. */
async function recordsIn(topic: TestTopic): Promise<number> {
  const source = kafkaSource({ ...topic, value: nullable(bytes), until: 'end', readUncommitted: true })
  const session = await source.open(sourceContext())
  const batches = await readAll(await session.read(0, undefined))
  await session.close()
  return batches.reduce((sum, { size }) => sum + size, 0)
}

forEachBroker(broker => {
  // The embedded broker does not compact.
  it.skipIf(broker.kind === 'embedded')(
    'a state topic that was compacted still holds all that a restart needs',
    async () => {
      const state = { brokers: broker.brokers, topic: `state-${randomUUID()}` }
      await ensureTopic(state, {
        topic: state.topic,
        // Every append closes the segment before it, and every closed segment is compacted at once.
        configs: {
          'cleanup.policy': 'compact',
          'segment.ms': '1',
          'min.cleanable.dirty.ratio': '0.001',
          'delete.retention.ms': '0',
        },
      })
      const output = await freshTopic(broker)
      const job = `job-${randomUUID()}`
      const open = () => kafkaCheckpoints(state)
      let written = 0
      let store = open()
      let task = await CheckpointedTask.acquire(store, job)
      /** Chains of changes over a full snapshot, and transactions that are aborted in between. */
      const work = async (): Promise<void> => {
        for (let commit = 0; commit < 8; commit++) {
          const needs = commit % 4 === 0 ? 0 : task.restored.snapshots.length
          await task.commitAs(task.next({ needs, snapshot: new Uint8Array(200_000).fill(commit) }))
          written += 3
        }
        const writer = await store.sink<string>({ ...output, value: text }).open(sinkContext())
        writer.write(batchOf(['never seen']))
        const part = writer.seal()!
        const broken = { ...part, join: () => Promise.reject(new Error('given up')) }
        await expect(task.commit(part, broken)).rejects.toThrow('given up')
        await writer.close()
        task = await CheckpointedTask.acquire(store, job)
      }
      const compacted = async (): Promise<boolean> => {
        await work()
        return (await recordsIn(state)) < written / 2
      }
      await expect.poll(compacted, { timeout: 60_000, interval: 100 }).toBe(true)
      const { positions, sequence, snapshots } = task.restored
      await store.close()
      store = open()
      const { restored } = await CheckpointedTask.acquire(store, job)
      expect({ positions: restored.positions, sequence: restored.sequence }).toEqual({ positions, sequence })
      expect(restored.snapshots.map(Buffer.from)).toEqual(snapshots.map(Buffer.from))
      expect(snapshots.length).toBeGreaterThan(1)
      await store.close()
    },
    90_000,
  )
})
