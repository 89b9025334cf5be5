import { createHash } from 'node:crypto'
import { StreamError } from '@rtp/stream-core/extend'
import type { PostgresConnection } from '../connection/client.ts'
import { PostgresTransaction } from '../connection/transaction.ts'
import type { PostgresErrorCode } from '../errors.ts'
import type { ResolvedOptions } from '../options.ts'
import { checkIdentifier, quoteIdentifier } from '../sql-identifier.ts'

/** One step of a schema. Never edited once it was applied anywhere: a change is a further step. */
export interface Migration {
  /** Unique in its set; kept in the database, e.g. `001-raw-events`. */
  readonly id: string
  /** Any number of statements that may run in a transaction. */
  readonly sql: string
}

export interface MigrationOptions {
  /** Schema of the table that records what was applied; made if missing. Default `rtp`. */
  readonly schema?: string
  /** Migrations of one database are recorded by set, so that several programs can share it. Default `default`. */
  readonly set?: string
}

/**
 * Applies what is missing of a list of migrations, all in one transaction and under a lock, so that several processes may start at once.
 * Returns the ids that were applied. A user without the right to create anything may call it when nothing is missing.
 */
export async function migrate(
  connection: PostgresConnection,
  migrations: readonly Migration[],
  options: ResolvedOptions,
  { schema = 'rtp', set = 'default' }: MigrationOptions = {},
): Promise<readonly string[]> {
  checkIdentifier(schema, 'schema name')
  const record = `${quoteIdentifier(schema)}.migrations`
  if (missingOf(migrations, await appliedIn(connection, record, set), set).length === 0) return []

  const doing = `migrating the schema of "${set}"`
  // The lock is the transaction's, so it works through a pooler and goes with a process that dies.
  // A process that vanishes now must not keep the others waiting.
  const idle = `SET LOCAL idle_in_transaction_session_timeout = ${options.idleInTransactionTimeoutMs}`
  await connection.run(`BEGIN; ${idle}; SELECT pg_advisory_xact_lock(${LOCK}, hashtext(${literal(schema)}))`, doing)
  try {
    await connection.run(await recordSql(connection, schema, record), doing)
    const missing = missingOf(migrations, await appliedIn(connection, record, set), set)
    for (const { id, sql } of missing) await apply(connection, id, sql)
    const transaction = new PostgresTransaction(connection, options, 'begun')
    for (const migration of missing) transaction.defer(recordStatement(record, set, migration))
    await transaction.commit(doing)
    return missing.map(({ id }) => id)
  } catch (cause) {
    if (connection.isOpen) await connection.run('ROLLBACK', 'rolling back').catch(() => connection.destroy())
    throw cause
  }
}

/** First key of the advisory lock: "rtp" in ASCII, so that it meets nobody else's by chance. */
const LOCK = 0x727470

async function recordSql(connection: PostgresConnection, schema: string, record: string): Promise<string> {
  const [found] = await connection.batch(
    [
      {
        text: 'SELECT to_regnamespace($1) AS schema, to_regclass($2) AS record',
        values: [quoteIdentifier(schema), record],
      },
    ],
    `looking for ${record}`,
  )
  const row = found?.rows[0]
  // Asked for first, because IF NOT EXISTS demands the right to create even when there is nothing to create.
  const createSchema = row?.['schema'] === null ? `CREATE SCHEMA ${quoteIdentifier(schema)};` : ''
  const createRecord = `CREATE TABLE ${record} (set_name text, id text, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (set_name, id));`
  return createSchema + (row?.['record'] === null ? createRecord : '') || 'SELECT'
}

async function appliedIn(connection: PostgresConnection, record: string, set: string): Promise<Map<string, string>> {
  const doing = `reading ${record}`
  const [found] = await connection.batch([{ text: 'SELECT to_regclass($1) AS record', values: [record] }], doing)
  if (found?.rows[0]?.['record'] === null) return new Map()
  const select = { text: `SELECT id, checksum FROM ${record} WHERE set_name = $1`, values: [set] }
  const [applied] = await connection.batch([select], doing)
  return new Map(applied?.rows.map(row => [row['id'] ?? '', row['checksum'] ?? '']))
}

function missingOf(migrations: readonly Migration[], applied: ReadonlyMap<string, string>, set: string): Migration[] {
  const known = new Set(migrations.map(({ id }) => id))
  const unknown = [...applied.keys()].find(id => !known.has(id))
  if (unknown !== undefined) {
    throw fault(
      'POSTGRES_MIGRATION_UNKNOWN',
      `the database holds migration "${unknown}" of "${set}", which this version does not know: it was made by a newer one. Run that version.`,
    )
  }
  const changed = migrations.find(({ id, sql }) => applied.has(id) && applied.get(id) !== checksum(sql))
  if (changed !== undefined) {
    throw fault(
      'POSTGRES_MIGRATION_CHANGED',
      `migration "${changed.id}" of "${set}" is not what was applied to this database. Restore its text and put the change into a further migration.`,
    )
  }
  return migrations.filter(({ id }) => !applied.has(id))
}

async function apply(connection: PostgresConnection, id: string, sql: string): Promise<void> {
  try {
    await connection.run(sql, `migration "${id}"`)
  } catch (cause) {
    if (cause instanceof StreamError && cause.code === 'POSTGRES_FAILED') {
      throw new StreamError('POSTGRES_MIGRATION_FAILED', cause.message.slice(cause.code.length + 2), {
        cause: cause.cause,
      })
    }
    throw cause
  }
}

function recordStatement(record: string, set: string, { id, sql }: Migration): { text: string; values: string[] } {
  return {
    text: `INSERT INTO ${record} (set_name, id, checksum) VALUES ($1, $2, $3)`,
    values: [set, id, checksum(sql)],
  }
}

/** White space at line ends and around does not count, so that a formatter or a checkout with CRLF changes nothing. */
function checksum(sql: string): string {
  return createHash('sha256')
    .update(sql.trim().replace(/[ \t]*\r?\n/g, '\n'))
    .digest('hex')
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function fault(code: PostgresErrorCode, message: string): StreamError {
  return new StreamError(code, message)
}
