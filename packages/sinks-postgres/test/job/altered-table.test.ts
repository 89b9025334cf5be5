import { expect, test } from 'vitest'
import { postgres } from '../../src/index.ts'
import { type TestDatabase, testDatabase } from '../database.ts'
import { ALL, copyJob, expectEachOnce, FIRST, firstHalf, ITEMS } from './copy-job.ts'

/** A user who owns nothing of the table, so that rights can be taken from it. */
async function asUser({ sql, url }: TestDatabase) {
  const user = `writer_${new URL(url).pathname.slice(1)}`
  const database = new URL(url).pathname.slice(1)
  await sql(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE "${database}" TO ${user};
    GRANT USAGE ON SCHEMA public TO ${user}; GRANT INSERT, SELECT ON items TO ${user}`)
  const address = new URL(url)
  address.username = user
  address.password = 'secret'
  return { user, db: postgres({ url: address.href }) }
}

const STOPPING = [
  [
    'a column is dropped',
    'ALTER TABLE items DROP value',
    'ALTER TABLE items ADD value float8; UPDATE items SET value = id / 2.0',
    'POSTGRES_COLUMN_MISSING',
    'value',
  ],
  [
    'the table is renamed',
    'ALTER TABLE items RENAME TO other',
    'ALTER TABLE other RENAME TO items',
    'POSTGRES_TABLE_MISSING',
    'items',
  ],
  [
    'a column gets a type of the same size, which would take the bytes for another number',
    'ALTER TABLE items ALTER id TYPE float8',
    'ALTER TABLE items ALTER id TYPE int8',
    'POSTGRES_TYPE_MISMATCH',
    'column "id" of items is double precision, and the sink writes int8',
  ],
  [
    'a column gets a smaller type',
    'ALTER TABLE items ALTER id TYPE int4',
    'ALTER TABLE items ALTER id TYPE int8',
    'POSTGRES_TYPE_MISMATCH',
    'items',
  ],
  [
    'a column gets a type of text',
    'ALTER TABLE items ALTER value TYPE text',
    'ALTER TABLE items ALTER value TYPE float8 USING value::float8',
    'POSTGRES_(TYPE_MISMATCH|VALUE_REFUSED)',
    'items',
  ],
  [
    'a column that must be given is added',
    "ALTER TABLE items ADD must text NOT NULL DEFAULT ''; ALTER TABLE items ALTER must DROP DEFAULT",
    "ALTER TABLE items ALTER must SET DEFAULT ''",
    'POSTGRES_CONSTRAINT_VIOLATED',
    'column must',
  ],
  [
    'a constraint is added',
    'ALTER TABLE items ADD CONSTRAINT few CHECK (id < 15)',
    'ALTER TABLE items DROP CONSTRAINT few',
    'POSTGRES_CONSTRAINT_VIOLATED',
    'constraint few, row 6 of this part.*at an offset from 10 to 19',
  ],
  [
    'the right to insert is taken away',
    'REVOKE INSERT ON items FROM USER',
    'GRANT INSERT ON items TO USER',
    'POSTGRES_PERMISSION_DENIED',
    'Grant the right',
  ],
] as const

test.each(STOPPING)(
  'stops when %s while it runs, writes nothing more, and ends with each row once after the repair',
  async (_, damage, repair, code, text) => {
    const database = await testDatabase()
    await database.sql(ITEMS)
    const { user, db } = await asUser(database)
    const running = copyJob(db)
    await firstHalf(running)
    await database.sql(damage.replace('USER', user))
    running.release()
    const error = await running.job.done.catch(cause => cause)
    expect(error.code).toMatch(new RegExp(`^${code}$`))
    expect(error.message).toMatch(new RegExp(text))
    expect(error.retryable).toBe(false)
    expect(running.job.metrics().failures.last.at(-1)).toMatchObject({ code: error.code, restartInMs: undefined })
    await database.sql(repair.replace('USER', user))
    expect(await database.one('SELECT count(*)::int FROM items')).toBe(FIRST)
    const again = copyJob(db)
    again.release()
    await again.job.done
    await expectEachOnce(database)
    await database.sql(`DROP OWNED BY ${user}; DROP ROLE ${user}`)
  },
)

test('stops when its table is dropped, and fills a new one from where it was', async () => {
  const database = await testDatabase()
  await database.sql(ITEMS)
  const running = copyJob(database.db)
  await firstHalf(running)
  await database.sql('DROP TABLE items')
  running.release()
  await expect(running.job.done).rejects.toMatchObject({ code: 'POSTGRES_TABLE_MISSING', retryable: false })
  await database.sql(ITEMS)
  const again = copyJob(database.db)
  again.release()
  await again.job.done
  expect(await database.one('SELECT count(*)::int FROM items')).toBe(ALL - FIRST)
})

test.each([
  ['a column that may be empty is added', 'ALTER TABLE items ADD extra text'],
  ['a column with a default is added', 'ALTER TABLE items ADD extra int NOT NULL DEFAULT 7'],
  ['a column that it does not write is dropped', 'ALTER TABLE items DROP note'],
  ['an index is added', 'CREATE INDEX ON items (id)'],
])('goes on, without a restart, when %s', async (_, change) => {
  const database = await testDatabase()
  await database.sql(ITEMS)
  const running = copyJob(database.db)
  await firstHalf(running)
  await database.sql(change)
  running.release()
  const { metrics } = await running.job.done
  expect(metrics.restarts).toBe(0)
  await expectEachOnce(database)
})

test('checks a table anew that has changed, and goes on by itself when it still fits', async () => {
  const database = await testDatabase()
  await database.sql('CREATE TABLE items (id int8, value float8, note text); CREATE DOMAIN measured AS float8')
  const running = copyJob(database.db)
  await firstHalf(running)
  await database.sql('ALTER TABLE items ALTER value TYPE measured')
  running.release()
  const { metrics } = await running.job.done
  expect(metrics.failures.byCode).toEqual({ POSTGRES_TABLE_CHANGED: 1 })
  await expectEachOnce(database)
})
