import type { NetworkFault } from '@rtp/stream-testing/network'
import { expect, test } from 'vitest'
import { int8, type PostgresOptions, postgres } from '../../src/index.ts'
import { checkpointOf, nextCheckpoint } from '../checkpoints/checkpoint-of.ts'
import { proxiedStore } from '../checkpoints/proxied-store.ts'
import { sinkContext } from '../records.ts'

const TIMES: PostgresOptions = { connectTimeoutMs: 500, answerTimeoutMs: 700, reconnectTimeoutMs: 1_000 }

const SILENT_SERVER: NetworkFault = { kind: 'half-open', direction: 'toClient' }
test('a process that vanishes while it migrates keeps the others waiting for no longer than a transaction may idle', async () => {
  const { proxy, database } = await proxiedStore(TIMES)
  const migrations = [{ id: '1', sql: 'CREATE TABLE t (id int)' }]
  const options = { ...TIMES, reconnectTimeoutMs: 1, idleInTransactionTimeoutMs: 250 }
  const lost = proxy.applyWhen({ direction: 'toServer', sees: 'CREATE TABLE t' }, { kind: 'half-open' })
  const vanished = postgres({ url: proxy.through(database.url), ...options }).migrate(migrations)
  await Promise.all([expect(vanished).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' }), lost])
  const other = postgres({ url: database.url, ...options, answerTimeoutMs: 20_000 }).migrate(migrations)
  expect(await other).toEqual(['1'])
})

test('does not wait for ever for a server that takes no more rows', async () => {
  const { proxy, store, task, rows } = await proxiedStore(TIMES)
  void proxy.applyWhen({ direction: 'toServer', sees: 'PGCOPY' }, { kind: 'stall', direction: 'toServer' })
  // More than all buffers between here and there take.
  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(1_000_000)])
  await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', retryable: true })
})

test('says after which time it gave a silent server up', async () => {
  const { proxy, database } = await proxiedStore(TIMES)
  const db = postgres({ url: proxy.through(database.url), ...TIMES, reconnectTimeoutMs: 1 })
  void proxy.applyWhen({ direction: 'toServer', sees: 'CREATE' }, SILENT_SERVER)
  const migrated = db.migrate([{ id: '1', sql: 'CREATE TABLE t (id int)' }])
  await expect(migrated).rejects.toThrow('the server said nothing for 700 ms')
})

test('reads an answer that takes longer than the time for one, as long as something comes', async () => {
  const { proxy, store, task } = await proxiedStore(TIMES)
  const state = new Uint8Array(100_000).fill(7)
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 }, { snapshot: state })), [])
  proxy.apply({ kind: 'bandwidth', bytesPerSecond: 100_000, direction: 'toClient' })
  const [restored] = await store.acquire(['t'])
  expect(restored).toMatchObject({ sequence: 1, epoch: task.epoch + 1 })
  expect(Buffer.compare(restored!.snapshots[0]!, state)).toBe(0)
})

test('does not wait for ever for a server that accepts a connection and says nothing', async () => {
  const { proxy, database } = await proxiedStore(TIMES)
  proxy.apply({ kind: 'stall' })
  const db = postgres({ url: proxy.through(database.url), ...TIMES })
  await expect(db.append('items', { id: int8<number>(id => id) }).open(sinkContext())).rejects.toMatchObject({
    code: 'POSTGRES_UNREACHABLE',
    retryable: true,
  })
})

test('notices before a checkpoint that a quiet connection has died, and takes another', async () => {
  const { proxy, store, task, rows, database } = await proxiedStore({ ...TIMES, answerTimeoutMs: 60_000 })
  proxy.apply({ kind: 'half-open' })
  // Longer than a connection may be quiet without being probed.
  await new Promise(resolve => setTimeout(resolve, 3_100))
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(2)
})

test('lets the server look for clients whose machine is gone, while it is in a transaction', async () => {
  const { store, task, rows, database } = await proxiedStore(TIMES)
  await database.sql(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.id := current_setting('tcp_keepalives_idle')::int; RETURN NEW; END $$;
    CREATE TRIGGER note BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION note()`)
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(1)])
  expect(await database.one('SELECT id::int FROM items')).toBe(10)
})

test('begins a migration again when the connection breaks in the middle of it', async () => {
  const { proxy, database } = await proxiedStore(TIMES)
  const broken = proxy.applyWhen({ direction: 'toServer', sees: 'CREATE TABLE t' }, { kind: 'reset' })
  const db = postgres({ url: proxy.through(database.url), ...TIMES })
  expect(await db.migrate([{ id: '1', sql: 'CREATE TABLE t (id int)' }])).toEqual(['1'])
  await broken
})
