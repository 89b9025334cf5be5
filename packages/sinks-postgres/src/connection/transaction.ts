import { type CrashPoint, StreamError } from '@rtp/stream-core/extend'
import type { ResolvedOptions } from '../options.ts'
import type { PostgresConnection } from './client.ts'
import type { Statement, StatementResult } from './statement-batch.ts'

/**
 * One transaction, spared of round trips: BEGIN goes with the first COPY, and statements wait for COMMIT. So the locks that statements
 * take are held while the server works, never while it waits for this process, which may pause.
 *
 * Its settings are SET LOCAL and its locks end with it, so it works through a pooler that hands out connections per transaction.
 */
export class PostgresTransaction {
  readonly #connection: PostgresConnection
  readonly #settings: readonly [string, string][]
  readonly #waiting: Statement[] = []
  #isBegun: boolean
  #isCommitSent = false

  /** `begun`: the connection is in a transaction already, and this only ends it. */
  constructor(connection: PostgresConnection, options: ResolvedOptions, state?: 'begun') {
    this.#connection = connection
    this.#isBegun = state === 'begun'
    this.#settings = transactionSettings(options, connection.majorVersion)
  }

  /** True once the server may have committed: from then on only its tables tell. */
  get isCommitSent(): boolean {
    return this.#isCommitSent
  }

  /** Runs a statement with the commit, after every COPY. */
  defer(statement: Statement): void {
    this.#waiting.push(statement)
  }

  /** Copies encoded rows: `sql` is the COPY ... FROM STDIN. */
  async copy(sql: string, buffers: readonly Buffer[], doing: string): Promise<void> {
    const begin = this.#isBegun ? '' : `${BEGIN}; ${this.#settings.map(setLocal).join('; ')}; `
    this.#isBegun = true
    await this.#connection.copy(begin + sql, buffers, doing)
  }

  /** Runs the statements and COMMIT in one round trip; when any of it fails, nothing is committed. Returns what the statements gave. */
  async commit(doing: string, sent: CrashPoint = 'commit-sent'): Promise<readonly StatementResult[]> {
    const begin = this.#isBegun ? [] : [{ text: BEGIN }, setAll(this.#settings)]
    this.#isBegun = true
    this.#isCommitSent = true
    const results = await this.#connection.batch([...begin, ...this.#waiting, { text: 'COMMIT' }], doing, sent)
    // COMMIT of a transaction that has failed before answers ROLLBACK instead of an error.
    if (results.at(-1)?.tag !== 'COMMIT') {
      throw new StreamError('POSTGRES_FAILED', `${doing}: the server rolled the transaction back. See its log.`, {
        retryable: true,
      })
    }
    return results.slice(begin.length, -1)
  }

  /** Ends a transaction that failed; a connection that cannot even do that is cut. */
  async rollback(): Promise<void> {
    if (!this.#isBegun || !this.#connection.isOpen) return
    try {
      await this.#connection.run('ROLLBACK', 'rolling back')
    } catch {
      this.#connection.destroy()
    }
  }
}

/** What the scope of a database hands to `SealedOutput.join`. */
export function asTransaction(transaction: unknown): PostgresTransaction {
  if (transaction instanceof PostgresTransaction) return transaction
  throw new StreamError(
    'SINK_FAILED',
    'a PostgreSQL sink was asked to join a transaction of another store. Use db.checkpoints() of the same postgres() value.',
  )
}

// Stated in full, because a database's default may be another isolation level or read-only.
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE'

function transactionSettings(options: ResolvedOptions, majorVersion: number): [string, string][] {
  const settings: [string, string][] = [
    ['synchronous_commit', options.synchronousCommit],
    ['lock_timeout', String(options.lockTimeoutMs)],
    ['idle_in_transaction_session_timeout', String(options.idleInTransactionTimeoutMs)],
    // Without it the server notices after two hours that the machine of a client which it waits for is gone. In seconds.
    ['tcp_keepalives_idle', '10'],
    ['tcp_keepalives_interval', '5'],
  ]
  if (majorVersion >= 17) settings.push(['transaction_timeout', String(options.transactionTimeoutMs)])
  return settings
}

function setLocal([name, value]: [string, string]): string {
  return `SET LOCAL ${name} = '${value}'`
}

function setAll(settings: readonly [string, string][]): Statement {
  return { text: `SELECT ${settings.map(([name, value]) => `set_config('${name}', '${value}', true)`).join(', ')}` }
}
