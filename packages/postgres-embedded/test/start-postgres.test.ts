import { existsSync } from 'node:fs'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from '../src/index.ts'

test('serves UTF-8 in the C locale and UTC, in the database that was asked for', async () => {
  const server = await start({ database: 'made here' })
  const [row] = await query(
    server,
    `select current_database() as name, current_setting('server_encoding') as encoding, current_setting('timezone') as zone, datcollate as locale
     from pg_database where datname = current_database()`,
  )
  expect(row).toEqual({ name: 'made here', encoding: 'UTF8', zone: 'UTC', locale: 'C' })
  expect(server.version).toMatch(/^18\./)
})

test('removes its temporary data folder when it stops', async () => {
  const server = await start()
  expect(existsSync(server.dataDir)).toBe(true)
  await server.stop()
  expect(existsSync(server.dataDir)).toBe(false)
})

async function start(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres(options)
  onTestFinished(() => server.stop())
  return server
}

async function query(server: EmbeddedPostgres, sql: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
