import type { CheckpointStore, RestoredTask, SealedOutput, SinkWriter } from '@rtp/stream-core/extend'
import { type NetworkProxy, networkProxy } from '@rtp/stream-testing/network'
import { onTestFinished } from 'vitest'
import { int8, type PostgresOptions, postgres } from '../../src/index.ts'
import { type TestDatabase, testDatabase } from '../database.ts'
import { batchOf, sinkContext } from '../records.ts'

/** A store and sinks that reach their database over a network that can fail, and a task of theirs. Sessions are called `owner`. */
export interface ProxiedStore {
  readonly database: TestDatabase
  readonly proxy: NetworkProxy
  readonly store: CheckpointStore
  readonly task: RestoredTask
  /** Output of so many rows for the table `items`, or `totals` by key. */
  rows(count: number): SealedOutput
  upserts(count: number): SealedOutput
}

export async function proxiedStore(options: PostgresOptions = {}): Promise<ProxiedStore> {
  const database = await testDatabase()
  await database.sql('CREATE TABLE items (id int8); CREATE TABLE totals (id int8 PRIMARY KEY)')
  const proxy = await networkProxy({ target: new URL(database.url).host })
  const db = postgres({ url: proxy.through(database.url), applicationName: 'owner', connectTimeoutMs: 500, ...options })
  const columns = { id: int8<number>(id => id) }
  const items = await db.append('items', columns).open(sinkContext())
  const totals = await db.upsert('totals', columns, { key: ['id'] }).open(sinkContext())
  const store: CheckpointStore = db.checkpoints()
  await store.open({ job: 'job', signal: new AbortController().signal })
  onTestFinished(async () => {
    await proxy.close()
    await items.close()
    await totals.close()
    await store.close()
  })
  const [task] = (await store.acquire(['t'])) as [RestoredTask]
  const part = (writer: SinkWriter<number>, count: number): SealedOutput => {
    writer.write(batchOf(Array.from({ length: count }, (_, i) => i)))
    return writer.seal()!
  }
  return { database, proxy, store, task, rows: count => part(items, count), upserts: count => part(totals, count) }
}
