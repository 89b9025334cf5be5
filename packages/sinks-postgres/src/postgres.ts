import type { Change, CheckpointStore, Sink, TransactionScope } from '@rtp/stream-core/extend'
import { type CheckpointOptions, PostgresCheckpoints } from './checkpoints/postgres-checkpoints.ts'
import type { Columns } from './columns/column.ts'
import { describeTarget } from './connection/client.ts'
import { connect, type WaitOptions } from './connection/connect.ts'
import { retried } from './connection/retried.ts'
import { type Migration, type MigrationOptions, migrate } from './migrations/migrate.ts'
import { type PostgresOptions, resolveOptions } from './options.ts'
import { appendSink } from './sinks/append-sink.ts'
import { applySink } from './sinks/apply-sink.ts'
import type { UpsertOptions } from './sinks/keyed-sink.ts'
import { upsertSink } from './sinks/upsert-sink.ts'

/** A database that sinks and the checkpoint store share, so that they commit together. A value: it opens nothing by itself. */
export interface PostgresDatabase {
  /** `host:port/database`, never with a password. */
  readonly name: string
  /** Adds one row per record. `table` is `name` or `schema.name`, as it is spelled in the catalogue. */
  append<T>(table: string, columns: Columns<T>): Sink<T>
  /** Writes the row of each record's key, new or in place of the old one: for results that are absolute values. */
  upsert<T>(table: string, columns: Columns<T>, options: UpsertOptions): Sink<T>
  /**
   * Applies changes: the table holds what the stream's changes describe. `key` must be unique in that, e.g. the key of a group aggregate, or key and
   * rank of a Top-N. Rows of other keys in the table are left alone.
   */
  apply<T>(table: string, columns: Columns<T>, options: UpsertOptions): Sink<Change<T>>
  /** Keeps checkpoints in this database, in one transaction with what the sinks above write. */
  checkpoints(options?: CheckpointOptions): CheckpointStore
  /** Resolves when the database answers. Throws at once where waiting does not help: wrong password, no such database, TLS refused. */
  waitUntilReady(options?: Partial<WaitOptions>): Promise<void>
  /** Applies what is missing of a list of migrations, in order, in one transaction; returns the ids that were applied. Begins again when the connection breaks. */
  migrate(migrations: readonly Migration[], options?: MigrationOptions): Promise<readonly string[]>
}

/**
 * Describes how to reach a PostgreSQL (13 or later).
 *
 * ```ts
 * const db = postgres({ url: process.env.DATABASE_URL })
 * const rows = db.append<Reading>('telemetry.raw_events', { at: timestamptz(r => r.at), value: float8(r => r.value) })
 * ```
 */
export function postgres(options: PostgresOptions = {}): PostgresDatabase {
  const resolved = resolveOptions(options)
  const name = describeTarget(resolved)
  const scope: TransactionScope = Object.freeze({ name: `postgres ${name}` })
  return Object.freeze({
    name,
    append: <T>(table: string, columns: Columns<T>) => appendSink(table, columns, resolved, scope),
    upsert: <T>(table: string, columns: Columns<T>, upsert: UpsertOptions) =>
      upsertSink(table, columns, upsert, resolved, scope),
    apply: <T>(table: string, columns: Columns<T>, apply: UpsertOptions) =>
      applySink(table, columns, apply, resolved, scope),
    checkpoints: (checkpoints: CheckpointOptions = {}) => new PostgresCheckpoints(resolved, scope, checkpoints),
    async waitUntilReady(wait: Partial<WaitOptions> = {}) {
      const connection = await connect(resolved, { timeoutMs: DEFAULT_WAIT_MS, ...wait })
      await connection.close()
    },
    migrate: (migrations: readonly Migration[], migration: MigrationOptions = {}) =>
      retried(resolved.reconnectTimeoutMs, async () => {
        const connection = await connect(resolved, { timeoutMs: resolved.reconnectTimeoutMs })
        try {
          return await migrate(connection, migrations, resolved, migration)
        } finally {
          await connection.close()
        }
      }),
  })
}

const DEFAULT_WAIT_MS = 60_000
