import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { isConnectionFailure, PostgresFailure, postgresError } from '../src/errors.ts'
import { float8, int8 } from '../src/index.ts'
import { testDatabase } from './database.ts'
import { batchOf, sinkContext } from './records.ts'

const server = (code: string, message = 'said by the server') => Object.assign(new Error(message), { code })

test.each([
  ['28P01', 'POSTGRES_AUTH_FAILED', false],
  ['28000', 'POSTGRES_AUTH_FAILED', false],
  ['3D000', 'POSTGRES_DATABASE_MISSING', false],
  ['42501', 'POSTGRES_PERMISSION_DENIED', false],
  ['42P01', 'POSTGRES_TABLE_MISSING', false],
  ['42703', 'POSTGRES_COLUMN_MISSING', false],
  ['42804', 'POSTGRES_TYPE_MISMATCH', false],
  ['22003', 'POSTGRES_VALUE_REFUSED', false],
  ['23505', 'POSTGRES_CONSTRAINT_VIOLATED', false],
  ['21000', 'POSTGRES_KEY_NOT_UNIQUE', false],
  ['40001', 'POSTGRES_CONFLICT', true],
  ['40P01', 'POSTGRES_CONFLICT', true],
  ['53100', 'POSTGRES_DISK_FULL', true],
  ['53200', 'POSTGRES_OUT_OF_MEMORY', true],
  ['53300', 'POSTGRES_TOO_MANY_CONNECTIONS', true],
  ['25006', 'POSTGRES_READ_ONLY', true],
  ['0A000', 'POSTGRES_FAILED', false],
  ['55000', 'POSTGRES_UNAVAILABLE', true],
  ['55P03', 'POSTGRES_LOCK_TIMEOUT', true],
  ['57014', 'POSTGRES_TIMEOUT', true],
  ['25P03', 'POSTGRES_TIMEOUT', true],
  ['57P01', 'POSTGRES_UNAVAILABLE', true],
  ['57P02', 'POSTGRES_UNAVAILABLE', true],
  ['57P03', 'POSTGRES_UNAVAILABLE', true],
  ['08006', 'POSTGRES_CONNECTION_LOST', true],
  ['XX001', 'POSTGRES_FAILED', false],
  ['ECONNREFUSED', 'POSTGRES_UNREACHABLE', true],
  ['ENOTFOUND', 'POSTGRES_UNREACHABLE', true],
  ['ECONNRESET', 'POSTGRES_CONNECTION_LOST', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'POSTGRES_TLS_FAILED', false],
])('%s is %s', (code, expected, retryable) => {
  const error = postgresError(server(code), 'doing something', 'db:5432/telemetry')
  expect(error).toMatchObject({ code: expected, retryable })
  expect(error.message).toMatch(/^\w+: doing something \(db:5432\/telemetry\) failed.*\. \S.*\.$/)
})

test('tells failures of the connection, after which nobody knows what the server did, from answers', () => {
  for (const code of ['ECONNRESET', 'EPIPE', '57P01', '57P02', '08006', '25P03']) {
    expect(isConnectionFailure(server(code))).toBe(true)
    expect(isConnectionFailure(postgresError(server(code), 'x', 'y'))).toBe(true)
  }
  expect(isConnectionFailure(new Error('Connection terminated unexpectedly'))).toBe(true)
  for (const code of ['40001', '53100', '23505', '22012', '55P03'])
    expect(isConnectionFailure(server(code))).toBe(false)
})

test('names the constraint that refuses a row, and repeats none of its values', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (id int8, value float8 CONSTRAINT sane CHECK (value < 5))')
  const columns = { id: int8<number[]>(r => r[0]), value: float8<number[]>(r => r[1]) }
  const writer = await db.append('t', columns).open(sinkContext())
  onTestFinished(() => writer.close())
  writer.write(batchOf([[424242, 77.25]]))
  const error = await writer
    .seal()!
    .flush()
    .catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'POSTGRES_CONSTRAINT_VIOLATED', cause: expect.any(PostgresFailure) })
  expect(String(error)).toContain('table t, constraint sane, row 1 of this part')
  expect(inspect(error, { depth: 10 })).not.toMatch(/424242|77\.25/)
})

test('stays usable after an error of the server', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (id int8 UNIQUE)')
  const writer = await db.append<number>('t', { id: int8(n => n) }).open(sinkContext())
  onTestFinished(() => writer.close())
  for (const [ids, isTaken] of [
    [[1, 1], false],
    [[1, 2], true],
    [[2], false],
    [[3], true],
  ] as const) {
    writer.write(batchOf(ids))
    const outcome = await writer
      .seal()!
      .flush()
      .then(
        () => true,
        () => false,
      )
    expect(outcome).toBe(isTaken)
  }
  expect(await sql('SELECT id::int FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
})

test("writes although the database's default is read-only, and at whatever isolation level it has", async () => {
  const { db, url, sql } = await testDatabase()
  const name = new URL(url).pathname.slice(1)
  await sql(`CREATE TABLE t (id int8);
    ALTER DATABASE "${name}" SET default_transaction_read_only = on;
    ALTER DATABASE "${name}" SET default_transaction_isolation = 'serializable'`)
  const writer = await db.append<number>('t', { id: int8(n => n) }).open(sinkContext())
  onTestFinished(() => writer.close())
  writer.write(batchOf([1]))
  await writer.seal()!.flush()
  expect(await sql('SELECT FROM t')).toHaveLength(1)
})

test('what a standby says to a transaction that is to write is that it takes no writes, in whatever language', () => {
  const said = server('0A000', 'während der Wiederherstellung nicht möglich')
  expect(postgresError(said, 'x', 'y', true)).toMatchObject({ code: 'POSTGRES_READ_ONLY', retryable: true })
  expect(postgresError(said, 'x', 'y')).toMatchObject({ code: 'POSTGRES_FAILED', retryable: false })
  const older = server('0A000', 'cannot set transaction read-write mode during recovery')
  expect(postgresError(older, 'x', 'y')).toMatchObject({ code: 'POSTGRES_READ_ONLY' })
})
