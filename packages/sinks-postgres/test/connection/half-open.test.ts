import type { CheckpointStore, RestoredTask, SealedOutput, SinkWriter } from '@rtp/stream-core/extend'
import { type NetworkFault, networkProxy } from '@rtp/stream-testing/network'
import { expect, onTestFinished, test } from 'vitest'
import { int8, type PostgresOptions, postgres } from '../../src/index.ts'
import { checkpointOf, nextCheckpoint } from '../checkpoints/checkpoint-of.ts'
import { testDatabase } from '../database.ts'
import { batchOf, sinkContext } from '../records.ts'

const TIMES: PostgresOptions = {
  connectTimeoutMs: 500,
  answerTimeoutMs: 700,
  reconnectTimeoutMs: 1_000,
  lockTimeoutMs: 250,
  idleInTransactionTimeoutMs: 250,
}

const SILENT_SERVER: NetworkFault = { kind: 'half-open', direction: 'toClient' }
const LOST_REQUEST: NetworkFault = { kind: 'half-open', direction: 'toServer' }
const ALL_LOST: NetworkFault = { kind: 'half-open' }

test.each<[string, NetworkFault, string]>([
  ['rows get lost on their way', LOST_REQUEST, 'PGCOPY'],
  ['a commit gets lost on its way', LOST_REQUEST, 'checkpoint_snapshots'],
  ['a commit breaks off in the middle, with its locks held', LOST_REQUEST, 'COMMIT\0'],
  ['nothing arrives any more on either side', ALL_LOST, 'COMMIT\0'],
  ['the server is told goodbye in the middle of a commit, and the client is not', { kind: 'slow-close', direction: 'toServer' }, 'COMMIT\0'],
  ['the client is told goodbye in the middle of the rows, and the server is not', { kind: 'slow-close', direction: 'toClient' }, 'PGCOPY'],
])('writes nothing when %s, and can go on at once', async (_, fault, sees) => {
  const { proxy, store, task, rows, upserts, database } = await opened()
  const happened = proxy.applyWhen({ direction: 'toServer', sees }, fault)

  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2), upserts(2)])
  await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', retryable: true })
  await happened

  const [again] = (await store.acquire(['t'])) as [RestoredTask]
  expect(again).toMatchObject({ sequence: 0 })
  expect(await database.sql('SELECT FROM items')).toEqual([])
  await store.commit(checkpointOf('job', nextCheckpoint(again, { p: 2 })), [rows(2), upserts(2)])
  expect(await database.one('SELECT count(*)::int FROM totals')).toBe(2)
})

test('knows that a commit came through whose answer never came', async () => {
  const { proxy, store, task, rows, database } = await opened()
  void proxy.applyWhen({ direction: 'toServer', sees: 'COMMIT\0' }, SILENT_SERVER)
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(2)
})

test('an heir need not wait for an owner that vanished in the middle of its commit', async () => {
  const { proxy, store, task, upserts, database } = await opened({ answerTimeoutMs: 20_000 })
  const happened = proxy.applyWhen({ direction: 'toServer', sees: 'COMMIT\0' }, ALL_LOST)
  const vanished = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [upserts(2)])
  const failed = vanished.catch((cause: unknown) => cause)
  await happened

  const heir = postgres({ url: database.url, applicationName: 'owner', ...TIMES }).checkpoints()
  await heir.open({ job: 'job', signal: new AbortController().signal })
  onTestFinished(() => heir.close())
  // The first attempts may come before the time is over that an owner has to go on.
  await expect.poll(() => heir.acquire(['t']).catch(() => undefined), { timeout: 10_000 }).toMatchObject([{ sequence: 0 }])
  proxy.apply({ kind: 'reset' })
  expect(await failed).toMatchObject({ code: 'FENCED' })
})

test('ends a COPY that waits for rows which never come, once its transaction has taken too long', async () => {
  const { proxy, store, task, rows, database } = await opened({ transactionTimeoutMs: 1_000 })
  void proxy.applyWhen({ direction: 'toServer', sees: 'PGCOPY' }, ALL_LOST)
  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' })
  const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'owner' AND datname = current_database() AND xact_start IS NOT NULL`
  expect(await database.sql(waiting)).toHaveLength(1)
  const takenOver = () => store.acquire(['t']).then(() => database.sql(waiting))
  await expect.poll(takenOver, { timeout: 10_000 }).toEqual([])
})

test('does not wait for ever for a server that takes no more rows', async () => {
  const { proxy, store, task, rows } = await opened()
  void proxy.applyWhen({ direction: 'toServer', sees: 'PGCOPY' }, { kind: 'stall', direction: 'toServer' })
  // More than all buffers between here and there take.
  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(1_000_000)])
  await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', retryable: true })
})

test('says after which time it gave a silent server up', async () => {
  const { proxy, database } = await opened()
  const db = postgres({ url: proxy.through(database.url), ...TIMES })
  void proxy.applyWhen({ direction: 'toServer', sees: 'CREATE' }, SILENT_SERVER)
  const migrated = db.migrate([{ id: '1', sql: 'CREATE TABLE t (id int)' }])
  await expect(migrated).rejects.toThrow('the server said nothing for 700 ms')
})

test('does not wait for ever for a server that accepts a connection and says nothing', async () => {
  const { proxy, database } = await opened()
  proxy.apply({ kind: 'stall' })
  const db = postgres({ url: proxy.through(database.url), ...TIMES })
  await expect(db.append('items', { id: int8<number>(id => id) }).open(sinkContext())).rejects.toMatchObject({
    code: 'POSTGRES_UNREACHABLE',
    retryable: true,
  })
})

test('notices before a checkpoint that a quiet connection has died, and takes another', async () => {
  const { proxy, store, task, rows, database } = await opened({ answerTimeoutMs: 60_000 })
  proxy.apply(ALL_LOST)
  // Longer than a connection may be quiet without being probed.
  await new Promise(resolve => setTimeout(resolve, 3_100))
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(2)
})

test('lets the server look for clients whose machine is gone, while it is in a transaction', async () => {
  const { store, task, rows, database } = await opened()
  await database.sql(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.id := current_setting('tcp_keepalives_idle')::int; RETURN NEW; END $$;
    CREATE TRIGGER note BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION note()`)
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(1)])
  expect(await database.one('SELECT id::int FROM items')).toBe(10)
})

async function opened(options: PostgresOptions = {}) {
  const database = await testDatabase()
  await database.sql('CREATE TABLE items (id int8); CREATE TABLE totals (id int8 PRIMARY KEY)')
  const proxy = await networkProxy({ target: new URL(database.url).host })
  const db = postgres({ url: proxy.through(database.url), applicationName: 'owner', ...TIMES, ...options })
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
  return {
    database,
    proxy,
    store,
    task,
    rows: (count: number) => part(items, count),
    upserts: (count: number) => part(totals, count),
  }
}
