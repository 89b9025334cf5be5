import { expect, onTestFinished, test } from 'vitest'
import { type Migration, postgres } from '../../src/index.ts'
import { testDatabase } from '../database.ts'

const FIRST: Migration = { id: '001-first', sql: 'CREATE TABLE a (id int8);\nCREATE INDEX ON a (id)' }
const SECOND: Migration = { id: '002-second', sql: 'ALTER TABLE a ADD COLUMN name text' }

test('applies what is missing, in order, once', async () => {
  const { db, sql } = await testDatabase()
  expect(await db.migrate([FIRST])).toEqual(['001-first'])
  expect(await db.migrate([FIRST, SECOND])).toEqual(['002-second'])
  expect(await db.migrate([FIRST, SECOND])).toEqual([])
  expect(await sql('SELECT id, name FROM a')).toEqual([])
})

test('lets many processes start at once', async () => {
  const { db, sql } = await testDatabase()
  const applied = await Promise.all(Array.from({ length: 8 }, () => db.migrate([FIRST, SECOND])))
  expect(applied.flat().sort()).toEqual(['001-first', '002-second'])
  expect(await sql('SELECT FROM rtp.migrations')).toHaveLength(2)
})

test('applies all or nothing', async () => {
  const { db, sql } = await testDatabase()
  const broken = { id: '002-broken', sql: 'ALTER TABLE a ADD COLUMN name text; SELECT 1 FROM nowhere' }
  await expect(db.migrate([FIRST, broken])).rejects.toMatchObject({
    code: 'POSTGRES_TABLE_MISSING',
    message: expect.stringContaining('migration "002-broken"'),
  })
  expect(await sql("SELECT to_regclass('a') AS a, to_regnamespace('rtp') AS rtp")).toEqual([{ a: null, rtp: null }])
})

test('says which migration does not parse', async () => {
  const { db } = await testDatabase()
  await expect(db.migrate([{ id: 'x', sql: 'CREATE TABEL' }])).rejects.toMatchObject({
    code: 'POSTGRES_MIGRATION_FAILED',
  })
})

test('refuses a migration that was changed after it was applied, but for white space at line ends', async () => {
  const { db } = await testDatabase()
  await db.migrate([FIRST])
  const checkedOutElsewhere = `\n${FIRST.sql.replace('\n', '  \r\n')}\r\n`
  expect(await db.migrate([{ ...FIRST, sql: checkedOutElsewhere }])).toEqual([])
  await expect(db.migrate([{ ...FIRST, sql: 'CREATE TABLE b (id int8)' }])).rejects.toMatchObject({
    code: 'POSTGRES_MIGRATION_CHANGED',
  })
})

test('refuses a database that a newer version has migrated', async () => {
  const { db } = await testDatabase()
  await db.migrate([FIRST, SECOND])
  await expect(db.migrate([FIRST])).rejects.toMatchObject({ code: 'POSTGRES_MIGRATION_UNKNOWN' })
})

test('keeps sets apart, and needs no right to create where nothing is missing', async () => {
  const { db, sql, url } = await testDatabase()
  await db.migrate([FIRST], { set: 'one' })
  await db.migrate([{ id: '001-first', sql: 'CREATE TABLE b (id int8)' }], { set: 'two' })
  const address = new URL(url)
  const user = `reader_${address.pathname.slice(6)}`
  await sql(
    `CREATE ROLE ${user} LOGIN PASSWORD 'p'; GRANT USAGE ON SCHEMA rtp TO ${user}; GRANT SELECT ON rtp.migrations TO ${user}`,
  )
  onTestFinished(async () => {
    await sql(`DROP OWNED BY ${user}; DROP ROLE ${user}`)
  })
  const restricted = postgres({ url: Object.assign(address, { username: user, password: 'p' }).href })
  expect(await restricted.migrate([FIRST], { set: 'one' })).toEqual([])
  await expect(restricted.migrate([FIRST, SECOND], { set: 'one' })).rejects.toMatchObject({
    code: 'POSTGRES_PERMISSION_DENIED',
  })
})
