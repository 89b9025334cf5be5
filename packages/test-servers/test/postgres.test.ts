import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../src/vitest.ts'

test('every caller gets an empty database of its own', async () => {
  const [first, second] = [await freshDatabase(), await freshDatabase()]
  onTestFinished(first.drop)
  onTestFinished(second.drop)
  await query(first.url, 'create table t (a int)')
  expect(await query(first.url, TABLES)).toEqual([{ tablename: 't' }])
  expect(await query(second.url, TABLES)).toEqual([])
})

test('drops a database although a session is still open', async () => {
  const database = await freshDatabase()
  const client = new pg.Client({ connectionString: database.url })
  // The server ends the session, which the driver reports as an error of the connection.
  client.on('error', () => undefined)
  await client.connect()
  await database.drop()
  await expect(query(database.url, 'select 1')).rejects.toMatchObject({ code: '3D000' })
})

const TABLES = `select tablename from pg_tables where schemaname = 'public'`

async function query(url: string, sql: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
