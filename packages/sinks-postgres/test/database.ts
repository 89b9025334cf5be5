import { freshDatabase } from '@rtp/test-servers/vitest'
import pg from 'pg'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
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
  const { database, drop } = await makeDatabase(options)
  onTestFinished(drop)
  return database
}

/** Makes one database for all tests of a file, for those that keep to tables of their own. Making one takes longer than most tests. */
export function sharedDatabase(options: PostgresOptions = {}): () => TestDatabase {
  let made: Awaited<ReturnType<typeof makeDatabase>> | undefined
  beforeAll(async () => {
    made = await makeDatabase(options)
  })
  afterAll(() => made?.drop())
  return () => made!.database
}

async function makeDatabase(options: PostgresOptions): Promise<{ database: TestDatabase; drop(): Promise<void> }> {
  const { url, drop } = await freshDatabase()
  const client = await plainClient(url)
  const sql = async (text: string, values: readonly unknown[] = []) =>
    (await client.query<Row>(text, values.length === 0 ? undefined : [...values])).rows
  return {
    database: {
      url,
      db: postgres({ url, ...options }),
      sql,
      one: async (text, values) => Object.values((await sql(text, values))[0] ?? {})[0],
    },
    async drop() {
      await client.end()
      await drop()
    },
  }
}

/** A connection of pg that survives being cut from outside. */
export async function plainClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
