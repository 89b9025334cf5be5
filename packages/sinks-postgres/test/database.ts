import { freshDatabase } from '@rtp/test-servers/vitest'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { type PostgresDatabase, type PostgresOptions, postgres } from '../src/index.ts'

/** A database of one test, seen through the package and through a plain client. */
export interface TestDatabase {
  readonly url: string
  readonly db: PostgresDatabase
  /** Runs SQL over a connection of the test's own; rows as plain objects. */
  sql(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** The one value of the one row. */
  one(text: string, values?: readonly unknown[]): Promise<unknown>
}

export type Row = Record<string, unknown>

/** Makes an empty database that is dropped after the test. */
export async function testDatabase(options: PostgresOptions = {}): Promise<TestDatabase> {
  const { url, drop } = await freshDatabase()
  const client = await plainClient(url)
  onTestFinished(async () => {
    await client.end()
    await drop()
  })
  const sql = async (text: string, values: readonly unknown[] = []) =>
    (await client.query<Row>(text, values.length === 0 ? undefined : [...values])).rows
  return {
    url,
    db: postgres({ url, ...options }),
    sql,
    one: async (text, values) => Object.values((await sql(text, values))[0] ?? {})[0],
  }
}

/** A connection of pg that survives being cut from outside. */
export async function plainClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
