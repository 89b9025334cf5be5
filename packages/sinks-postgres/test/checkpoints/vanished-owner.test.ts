import type { RestoredTask } from '@rtp/stream-core/extend'
import type { NetworkFault } from '@rtp/stream-testing/network'
import { expect, onTestFinished, test } from 'vitest'
import { type PostgresOptions, postgres } from '../../src/index.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'
import { proxiedStore } from './proxied-store.ts'

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
  [
    'the server is told goodbye in the middle of a commit, and the client is not',
    { kind: 'slow-close', direction: 'toServer' },
    'COMMIT\0',
  ],
  [
    'the client is told goodbye in the middle of the rows, and the server is not',
    { kind: 'slow-close', direction: 'toClient' },
    'PGCOPY',
  ],
])('writes nothing when %s, and can go on at once', async (_, fault, sees) => {
  const { proxy, store, task, rows, upserts, database } = await proxiedStore(TIMES)
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
  const { proxy, store, task, rows, database } = await proxiedStore(TIMES)
  void proxy.applyWhen({ direction: 'toServer', sees: 'COMMIT\0' }, SILENT_SERVER)
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(2)
})

test('an heir need not wait for an owner that vanished in the middle of its commit', async () => {
  const { proxy, store, task, upserts, database } = await proxiedStore({ ...TIMES, answerTimeoutMs: 20_000 })
  const happened = proxy.applyWhen({ direction: 'toServer', sees: 'COMMIT\0' }, ALL_LOST)
  const vanished = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [upserts(2)])
  const failed = vanished.catch((cause: unknown) => cause)
  await happened

  const heir = postgres({ url: database.url, applicationName: 'owner', ...TIMES }).checkpoints()
  await heir.open({ job: 'job', signal: new AbortController().signal })
  onTestFinished(() => heir.close())
  // The first attempts may come before the time is over that an owner has to go on.
  await expect
    .poll(() => heir.acquire(['t']).catch(() => undefined), { timeout: 10_000 })
    .toMatchObject([{ sequence: 0 }])
  proxy.apply({ kind: 'reset' })
  expect(await failed).toMatchObject({ code: 'FENCED' })
})

test('ends a COPY that waits for rows which never come, once its transaction has taken too long', async () => {
  const { proxy, store, task, rows, database } = await proxiedStore({ ...TIMES, transactionTimeoutMs: 1_000 })
  void proxy.applyWhen({ direction: 'toServer', sees: 'PGCOPY' }, ALL_LOST)
  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' })
  const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'owner' AND datname = current_database() AND xact_start IS NOT NULL`
  expect(await database.sql(waiting)).toHaveLength(1)
  const takenOver = () => store.acquire(['t']).then(() => database.sql(waiting))
  await expect.poll(takenOver, { timeout: 10_000 }).toEqual([])
})
