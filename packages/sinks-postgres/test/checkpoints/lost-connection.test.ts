import { setTimeout } from 'node:timers/promises'
import type { RestoredTask } from '@rtp/stream-core/extend'
import type { NetworkFault } from '@rtp/stream-testing/network'
import { expect, onTestFinished, test } from 'vitest'
import type { TestDatabase } from '../database.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'
import { proxiedStore } from './proxied-store.ts'

/** As a statement of its own; BEGIN has READ COMMITTED in it. */
const COMMIT = 'COMMIT\0'

/** The client is cut off, and the server goes on with what it was given. */
const ANSWER_LOST: NetworkFault = { kind: 'reset', direction: 'toClient' }

const BEFORE_COMMIT = [
  ['before the transaction begins', 'BEGIN'],
  ['when the rows are on their way', 'PGCOPY'],
  ['before state and positions', 'checkpoint_snapshots'],
] as const

test.each(BEFORE_COMMIT)(
  'writes nothing when the connection breaks %s, and says that trying again may help',
  async (_, sees) => {
    const { proxy, store, task, rows, database } = await proxiedStore()
    void proxy.applyWhen({ direction: 'toServer', sees }, { kind: 'reset' })

    const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])

    await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', retryable: true })
    await nobodyWrites(database)
    expect(await database.sql('SELECT FROM items')).toEqual([])
    expect(await store.acquire(['t'])).toMatchObject([{ sequence: 0 }])
  },
)

test('knows after a lost answer that the commit came through', async () => {
  const { proxy, store, task, rows, database } = await proxiedStore()
  void proxy.applyWhen({ direction: 'toServer', sees: COMMIT }, ANSWER_LOST)

  const next = nextCheckpoint(task, { p: 2 })
  await store.commit(checkpointOf('job', next), [rows(2)])

  expect(await database.one('SELECT count(*)::int FROM items')).toBe(2)
  await store.commit(checkpointOf('job', nextCheckpoint({ ...task, ...next }, { p: 4 })), [rows(2)])
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(4)
})

test('waits for a commit that the server is still working on when the connection breaks', async () => {
  const { proxy, store, task, rows, database } = await proxiedStore()
  // Deferred: it sleeps within COMMIT, after the compare-and-set.
  await slowTrigger(database, 'CONSTRAINT TRIGGER slow AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED')
  void proxy.applyWhen({ direction: 'toServer', sees: COMMIT }, ANSWER_LOST)

  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 1 })), [rows(1)])

  expect(await database.one('SELECT count(*)::int FROM items')).toBe(1)
  expect(await store.acquire(['t'])).toMatchObject([{ sequence: 1, positions: new Map([['p', 1]]) }])
})

test('fences a commit that the server has not got to yet when the connection breaks, so that "nothing was written" stays true', async () => {
  const { proxy, store, task, database, upserts } = await proxiedStore()
  // Sleeps within the upsert, before the compare-and-set.
  await slowTrigger(database, 'TRIGGER slow BEFORE INSERT ON totals')
  void proxy.applyWhen({ direction: 'toServer', sees: COMMIT }, ANSWER_LOST)

  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 1 })), [upserts(1)])

  await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', retryable: true })
  await nobodyWrites(database)
  expect(await database.sql('SELECT FROM totals')).toEqual([])
  expect(await store.acquire(['t'])).toMatchObject([{ sequence: 0, positions: new Map() }])
})

test('a paused owner holds nobody up, and writes nothing when it wakes up', async () => {
  for (const sees of ['PGCOPY', 'checkpoint_snapshots']) {
    const { proxy, store, task, rows, database } = await proxiedStore()
    const stalled = proxy.applyWhen({ direction: 'toServer', sees }, { kind: 'stall', direction: 'toServer' })
    const zombie = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
    const failed = zombie.catch((cause: unknown) => cause)
    await stalled

    const heir = database.db.checkpoints()
    await heir.open({ job: 'job', signal: new AbortController().signal })
    onTestFinished(() => heir.close())
    const [taken] = (await heir.acquire(['t'])) as [RestoredTask]
    expect(taken).toMatchObject({ sequence: 0, epoch: task.epoch + 1 })
    await heir.commit(checkpointOf('job', nextCheckpoint(taken, { p: 1 })), [])

    await proxy.heal()
    expect(await failed).toMatchObject({ code: 'FENCED', retryable: false })
    expect(await database.sql('SELECT FROM items')).toEqual([])
  }
})

test('gives the transaction of a paused owner up in time, where it has begun and not ended', async () => {
  const { proxy, store, task, rows, database } = await proxiedStore({ idleInTransactionTimeoutMs: 200 })
  // In the first statement behind the rows.
  const sees = 'pg_attribute'
  const stalled = proxy.applyWhen({ direction: 'toServer', sees }, { kind: 'stall', direction: 'toServer' })
  const failed = store
    .commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
    .catch((cause: unknown) => cause)
  await stalled
  await nobodyWrites(database)
  await proxy.heal()
  expect(await failed).toMatchObject({ retryable: true })
  expect(await database.sql('SELECT FROM items')).toEqual([])
})

test('connects again when the connection was cut between two checkpoints', async () => {
  const { store, task, rows, database } = await proxiedStore()
  const first = nextCheckpoint(task, { p: 2 })
  await store.commit(checkpointOf('job', first), [rows(2)])
  await database.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'owner'`)
  await nobodyWrites(database)

  const second = nextCheckpoint({ ...task, ...first }, { p: 4 })
  await expect
    .poll(() => store.commit(checkpointOf('job', second), [rows(2)]).then(() => 'committed'))
    .toBe('committed')
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(4)
})

test('writes nothing when the server ends the connection between rows and commit, or within the commit', async () => {
  const { store, task, rows, database } = await proxiedStore()
  const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'owner' AND datname = current_database() AND xact_start IS NOT NULL`
  const terminating = {
    records: 0,
    bytes: 0,
    flush: () => Promise.resolve(),
    join: async () => {
      await database.sql(terminate)
    },
  }
  const between = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2), terminating])
  await expect(between).rejects.toMatchObject({ retryable: true })

  await slowTrigger(database, 'CONSTRAINT TRIGGER slow AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED')
  const [again] = (await store.acquire(['t'])) as [RestoredTask]
  const within = store.commit(checkpointOf('job', nextCheckpoint(again, { p: 2 })), [rows(2)])
  const failed = within.catch((cause: unknown) => cause)
  const committing = `SELECT FROM pg_stat_activity WHERE application_name = 'owner' AND datname = current_database() AND query = 'COMMIT' AND state = 'active'`
  await expect.poll(() => database.sql(committing)).toHaveLength(1)
  await database.sql(terminate)
  expect(await failed).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true })

  await nobodyWrites(database)
  expect(await database.sql('SELECT FROM items')).toEqual([])
  expect(await store.acquire(['t'])).toMatchObject([{ sequence: 0 }])
})

test.each([
  ['came through', ANSWER_LOST, 1],
  ['never arrived', { kind: 'reset' } as const, 0],
])(
  'asks again until the database answers, when the commit %s and it cannot be reached for a while',
  async (_, fault, commits) => {
    const { proxy, store, task, rows, database } = await proxiedStore()
    const happened = proxy.applyWhen({ direction: 'toServer', sees: COMMIT }, { kind: 'refuse' }, fault)
    const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)]).then(
      () => 1,
      cause => {
        expect(cause).toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', retryable: true })
        expect(cause.message).toContain('Nothing of this checkpoint was written')
        return 0
      },
    )
    await happened
    // It asks, and is refused, for longer than one attempt takes.
    expect(await Promise.race([commit, setTimeout(400, 'still asking')])).toBe('still asking')
    await proxy.heal()
    expect(await commit).toBe(commits)
    expect(await database.one('SELECT count(*)::int FROM items')).toBe(2 * commits)
    expect(await store.acquire(['t'])).toMatchObject([{ sequence: commits }])
  },
)

test('finds out also when the connection that asks is lost in its turn', async () => {
  const { proxy, store, task, rows, database } = await proxiedStore()
  void proxy.applyWhen({ direction: 'toServer', sees: COMMIT }, ANSWER_LOST).then(() =>
    // What raises the epochs of tasks that have not moved, and asks.
    proxy.applyWhen({ direction: 'toServer', sees: 't.sequence < x.sequence' }, ANSWER_LOST),
  )
  await store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(2)
})

test('says that the outcome is unknown when the database does not come back', async () => {
  const { proxy, store, task, rows } = await proxiedStore({ reconnectTimeoutMs: 300 })
  void proxy.applyWhen({ direction: 'toServer', sees: COMMIT }, { kind: 'refuse' }, ANSWER_LOST)
  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { p: 2 })), [rows(2)])
  await expect(commit).rejects.toMatchObject({ code: 'POSTGRES_COMMIT_LOST', retryable: true })
})

/** Waits until no transaction of the owner is left on the server, whatever its process believes. */
async function nobodyWrites({ sql }: TestDatabase): Promise<void> {
  const writing = `SELECT FROM pg_stat_activity WHERE application_name = 'owner' AND datname = current_database() AND xact_start IS NOT NULL`
  await expect.poll(() => sql(writing), { timeout: 10_000 }).toEqual([])
}

async function slowTrigger({ sql }: TestDatabase, trigger: string): Promise<void> {
  await sql(`
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.7); RETURN NEW; END $$;
    CREATE ${trigger} FOR EACH ROW EXECUTE FUNCTION slow()`)
}
