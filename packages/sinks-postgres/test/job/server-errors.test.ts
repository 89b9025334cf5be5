import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { type PostgresOptions, postgres } from '../../src/index.ts'
import { plainClient, type TestDatabase, testDatabase } from '../database.ts'
import { copyJob, expectEachOnce, firstHalf, ITEMS, type RunningCopy } from './copy-job.ts'

/** A job in the middle of its input, of a user with rights of its own, and a second session of somebody else. */
async function inTheMiddle(options: PostgresOptions = {}) {
  const database = await testDatabase()
  const name = new URL(database.url).pathname.slice(1)
  const user = `owner_${name}`
  await database.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE "${name}" TO ${user};
    GRANT ALL ON SCHEMA public TO ${user}; ${ITEMS}; ALTER TABLE items OWNER TO ${user}`)
  const address = new URL(database.url)
  address.username = user
  address.password = 'secret'
  const other = await plainClient(database.url)
  onTestFinished(async () => {
    await other.end()
    await database.sql(`DROP OWNED BY ${user} CASCADE; DROP ROLE ${user}`)
  })
  const running = copyJob(postgres({ url: address.href, reconnectTimeoutMs: 200, ...options }))
  await firstHalf(running)
  return { database, name, user, running, other }
}

/** Waits until an attempt has failed with the code. */
async function failedWith({ job }: RunningCopy, code: string): Promise<void> {
  await expect.poll(() => job.metrics().failures.byCode[code] ?? 0, { timeout: 20_000 }).toBeGreaterThan(0)
}

/** Backends of the user that wait for a lock. */
async function waiting({ sql }: TestDatabase, user: string): Promise<number[]> {
  const rows = await sql(`SELECT pid FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'`, [user])
  return rows.map(({ pid }) => Number(pid))
}

async function endsWithEachOnce(running: RunningCopy, database: TestDatabase): Promise<void> {
  const { metrics } = await running.job.done
  expect(metrics.restarts).toBeGreaterThan(0)
  expect(metrics.failures.last.every(({ retryable, restartInMs }) => retryable && restartInMs !== undefined)).toBe(true)
  await expectEachOnce(database)
}

test('too many connections (53300): the job comes back when there is one for it', async () => {
  const { database, user, running } = await inTheMiddle()
  await database.sql(`ALTER ROLE ${user} CONNECTION LIMIT 0`)
  await database.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [user])
  running.release()
  await failedWith(running, 'POSTGRES_TOO_MANY_CONNECTIONS')
  await database.sql(`ALTER ROLE ${user} CONNECTION LIMIT -1`)
  await endsWithEachOnce(running, database)
})

test('a lock that somebody else keeps (55P03): the job comes back when it is free', async () => {
  const { database, running, other } = await inTheMiddle({ lockTimeoutMs: 100 })
  await other.query('BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE')
  running.release()
  await failedWith(running, 'POSTGRES_LOCK_TIMEOUT')
  await other.query('COMMIT')
  await endsWithEachOnce(running, database)
})

test('a deadlock in which it is the victim (40P01): nothing is written, and the job tries again', async () => {
  const { database, user, running, other } = await inTheMiddle()
  await other.query(
    `SET deadlock_timeout = '1min'; BEGIN; LOCK TABLE rtp.checkpoint_snapshots IN ACCESS EXCLUSIVE MODE`,
  )
  running.release()
  // It holds a lock of `items` then, and waits for the other one; it looks for deadlocks after a second.
  await expect.poll(() => waiting(database, user), { interval: 20, timeout: 20_000 }).toHaveLength(1)
  await other.query('LOCK TABLE items IN ACCESS EXCLUSIVE MODE')
  await failedWith(running, 'POSTGRES_CONFLICT')
  await other.query('COMMIT')
  await endsWithEachOnce(running, database)
})

test('a serialisation failure (40001), here of a trigger: nothing is written, and the job tries again', async () => {
  const { database, running } = await inTheMiddle()
  await database.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON items EXECUTE FUNCTION refuse()`)
  running.release()
  await failedWith(running, 'POSTGRES_CONFLICT')
  await database.sql('DROP TRIGGER refuse ON items')
  await endsWithEachOnce(running, database)
})

test.each([
  ['cancelled', 'pg_cancel_backend', 'POSTGRES_TIMEOUT', '57014'],
  ['ended by an administrator', 'pg_terminate_backend', 'POSTGRES_UNAVAILABLE', '57P01'],
])('a statement that is %s: the job tries again', async (_, end, code, sqlState) => {
  const { database, user, running, other } = await inTheMiddle()
  await other.query('BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE')
  running.release()
  await expect.poll(() => waiting(database, user), { timeout: 20_000 }).toHaveLength(1)
  const [pid] = await waiting(database, user)
  await database.sql(`SELECT ${end}($1)`, [pid])
  await failedWith(running, code)
  expect(running.job.metrics().failures.last[0]?.message).toContain(`[${sqlState}]`)
  await other.query('COMMIT')
  await endsWithEachOnce(running, database)
})

test('a database that takes no connections for a while (55000 at the start of one) is waited for', async () => {
  const { database, name, user, running } = await inTheMiddle()
  const admin = new URL(database.url)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.href })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`)
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [user])
  running.release()
  await expect.poll(() => running.job.metrics().restarts, { timeout: 20_000 }).toBeGreaterThan(0)
  await client.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`)
  await endsWithEachOnce(running, database)
})

test('a password that was changed (28P01) stops the job at once: trying again does not help', async () => {
  const { database, user, running } = await inTheMiddle()
  await database.sql(`ALTER ROLE ${user} PASSWORD 'another'`)
  await database.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [user])
  running.release()
  await expect(running.job.done).rejects.toMatchObject({ code: 'POSTGRES_AUTH_FAILED', retryable: false })
  await database.sql(`ALTER ROLE ${user} PASSWORD 'secret'`)
})

test('an error that does not pass ends the job after the attempts that it was given, with the last cause', async () => {
  const { database, other, running: first } = await inTheMiddle()
  await first.job.cancel()
  await other.query('BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE')
  const options = { restart: { attempts: 2, initialDelayMs: 1 } }
  const running = copyJob(postgres({ url: database.url, lockTimeoutMs: 50 }), options)
  running.release()
  await expect(running.job.done).rejects.toMatchObject({ code: 'POSTGRES_LOCK_TIMEOUT' })
  expect(running.job.metrics()).toMatchObject({ restarts: 2, failures: { byCode: { POSTGRES_LOCK_TIMEOUT: 3 } } })
  await other.query('COMMIT')
})
