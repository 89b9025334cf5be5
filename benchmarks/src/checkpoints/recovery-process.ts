import { kafkaSource, text } from '@rtp/kafka'
import { int8, postgres } from '@rtp/sinks-postgres'
import { ascendingTimes, count, hours, pipeline, run } from '@rtp/stream-core'
import type { CheckpointStore } from '@rtp/stream-core/extend'

// The job that is killed: counts by key in one long window, and writes one record of a hundred on. Says after each commit how many records are committed.
const [brokers = '', topic = '', url = '', schema = '', sessionTimeoutMs = ''] = process.argv.slice(2)
const db = postgres({ url })
const job = pipeline(topic)
const lines = job.from(
  kafkaSource({ brokers: brokers.split(','), topic, value: text, sessionTimeoutMs: Number(sessionTimeoutMs) }),
)
lines
  .withEventTime(() => 0, ascendingTimes())
  .keyBy(line => line, { partitionKey: true })
  .tumblingWindow(hours(1), { name: 'counts' })
  .aggregate({ count: count() })
  .map(({ value }) => value.count)
  .sink(db.append<number>(`${schema}.counts`, { number: int8(counted => counted) }), { name: 'counts-out' })
lines
  .filter(line => line.endsWith('00'))
  .sink(db.append<string>(`${schema}.lines`, { number: int8(line => Number(line)) }), { name: 'lines' })
await run(job, { store: telling(db.checkpoints({ schema })), checkpoint: { intervalMs: 200 } }).done

function telling(store: CheckpointStore): CheckpointStore {
  const committed = new Map<string, number>()
  return {
    name: store.name,
    durable: store.durable,
    scope: store.scope,
    open: context => store.open(context),
    close: () => store.close(),
    async acquire(tasks) {
      const restored = await store.acquire(tasks)
      for (const { task, positions } of restored) committed.set(task, sum(positions.values()))
      return restored
    },
    async commit(checkpoint, outputs) {
      await store.commit(checkpoint, outputs)
      for (const { task, positions } of checkpoint.tasks) committed.set(task, sum(positions.values()))
      console.log(sum(committed.values()))
    },
  }
}

function sum(positions: Iterable<unknown>): number {
  let total = 0
  for (const position of positions) total += Number(position)
  return total
}
