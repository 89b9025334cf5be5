import { type PostgresDatabase, postgres, type Waiting } from '@rtp/sinks-postgres'
import { Client } from 'pg'
import type { DatabaseAddress, Settings } from '../cli/settings.ts'
import type { SampleMinute } from '../output/summary.ts'

/** Who is told what is being waited for. */
export interface WaitContext {
  readonly stopping: AbortSignal
  say(line: string): void
}

/** The database of the settings as a value for sinks and checkpoints. */
export function databaseOf(settings: Settings): PostgresDatabase {
  const { connectMs, answerMs } = settings.config.timeouts
  const lockMs = Math.min(LONGEST_LOCK_MS, answerMs)
  return postgres({
    ...addressOf(settings.database),
    applicationName: 'telemetry pipeline',
    connectTimeoutMs: connectMs,
    answerTimeoutMs: answerMs,
    lockTimeoutMs: lockMs,
    idleInTransactionTimeoutMs: lockMs,
  })
}

/** Waits until the database answers, and says so when that takes longer. Errors of @rtp/sinks-postgres, at once where waiting cannot help. */
export async function waitForDatabase(
  db: PostgresDatabase,
  settings: Settings,
  { stopping, say }: WaitContext,
): Promise<void> {
  let saidAtMs = 0
  const onWaiting = ({ elapsedMs, error }: Waiting) => {
    if (elapsedMs - saidAtMs < SAY_EVERY_MS) return
    saidAtMs = elapsedMs
    say(`waiting for PostgreSQL at ${db.name}, ${Math.round(elapsedMs / 1000)} s so far: ${error.message}`)
  }
  await db.waitUntilReady({ timeoutMs: settings.config.startup.waitSeconds * 1000, signal: stopping, onWaiting })
}

/** A session for SQL of one's own, and the server's version. */
export async function openDatabase(
  settings: Settings,
  context: WaitContext,
): Promise<{ readonly client: Client; readonly version: string }> {
  await waitForDatabase(databaseOf(settings), settings, context)
  const { url } = addressOf(settings.database)
  const client = new Client({
    ...(url === undefined ? {} : { connectionString: url }),
    application_name: 'telemetry pipeline',
  })
  // Without a listener, a connection that breaks while idle would end the process; the next query reports it.
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  return { client, version: rows[0]?.server_version.split(' ')[0] ?? 'unknown' }
}

/** A few results, as an example for the reader of a summary. */
export async function readLatestMinutes(client: Client): Promise<readonly SampleMinute[]> {
  const { rows } = await client.query<SampleMinute>(`
    select to_char(window_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as window_start, sensor_id::text, cnt::text,
      avg_value, min_value, max_value
    from telemetry.agg_1min order by agg_1min.window_start desc, agg_1min.sensor_id limit 3`)
  return rows
}

const SAY_EVERY_MS = 3000
/** How long a job waits for locks of another one, which loses them when it pauses for as long. */
const LONGEST_LOCK_MS = 10_000

function addressOf(database: DatabaseAddress | undefined): { readonly url?: string } {
  return database?.url === undefined ? {} : { url: database.url }
}
