import { randomBytes } from 'node:crypto'
import { startPostgres } from '@rtp/postgres-embedded'
import pg from 'pg'

/** A PostgreSQL server to test against. */
export interface Postgres {
  readonly kind: 'embedded' | 'external'
  /** Address of a database in which others may be made. */
  readonly url: string
  readonly version: string
  /** Makes an empty database of the caller's own. */
  freshDatabase(): Promise<FreshDatabase>
  /** Stops what was started here; an external server is left alone. */
  stop(): Promise<void>
}

/** A database that nobody else uses. */
export interface FreshDatabase {
  readonly url: string
  /** Ends the sessions that are still open and removes it. */
  drop(): Promise<void>
}

/** The server that a parent process handed over (RTP_TEST_POSTGRES), else the one of DATABASE_URL, else an embedded one. */
export async function postgres(): Promise<Postgres> {
  const given = process.env['RTP_TEST_POSTGRES'] || process.env['DATABASE_URL']
  if (given) {
    const url = given
    const version = await withClient(url, async client => {
      const { rows } = await client.query<{ server_version: string }>('show server_version')
      return rows[0]?.server_version ?? 'unknown'
    })
    return { kind: 'external', url, version, freshDatabase: () => freshDatabase(url), stop: async () => undefined }
  }
  const server = await startPostgres({ settings: { max_connections: 200 } })
  const { url, version } = server
  return { kind: 'embedded', url, version, freshDatabase: () => freshDatabase(url), stop: () => server.stop() }
}

/** Makes an empty database on the server of `serverUrl`. */
export async function freshDatabase(serverUrl: string): Promise<FreshDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await withClient(serverUrl, client => client.query(`create database ${name} template template0`))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: async () => {
      await withClient(serverUrl, client => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

async function withClient<R>(url: string, use: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
