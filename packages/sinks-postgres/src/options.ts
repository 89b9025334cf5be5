import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { StreamError } from '@rtp/stream-core/extend'

/** How to reach a database, and how its connections behave. */
export interface PostgresOptions {
  /** postgresql://user:password@host:port/database?... Default: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE. */
  readonly url?: string
  /** Instead of the one in `url`; a function is asked at every connection, e.g. for a rotating secret. */
  readonly password?: string | (() => string | Promise<string>)
  /** TLS: true for the system's certificate authorities, or options of node:tls. Default: what `url` says (write sslmode=verify-full). */
  readonly ssl?: boolean | TlsOptions
  /** Shown in pg_stat_activity. Default `rtp`. */
  readonly applicationName?: string
  /**
   * 'off': COMMIT does not wait for the disk. Still exactly-once, because output, state and positions go back together when the server
   * crashes; the job then notices and starts again from what the database holds. Default 'on'.
   */
  readonly synchronousCommit?: 'on' | 'off'
  /** Time for one attempt to connect. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** How long a lost connection is tried again before a job gets the error. Default 30,000. */
  readonly reconnectTimeoutMs?: number
  /** A server that says nothing for so long while it owes an answer counts as lost. Default 60,000. */
  readonly answerTimeoutMs?: number
  /** `lock_timeout` of transactions. Default 10,000. */
  readonly lockTimeoutMs?: number
  /** `idle_in_transaction_session_timeout`: ends the transaction of a paused process, so that its heir need not wait. Default 10,000. */
  readonly idleInTransactionTimeoutMs?: number
  /** `transaction_timeout`, from PostgreSQL 17 on. Default 120,000. */
  readonly transactionTimeoutMs?: number
  /** Encoded bytes that one sink holds before it asks the job to wait. Default 32 MiB. */
  readonly maxBufferedBytes?: number
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<Omit<PostgresOptions, 'url' | 'password' | 'ssl'>> &
  Pick<PostgresOptions, 'url' | 'password' | 'ssl'>

/** Fills in defaults. Throws POSTGRES_OPTIONS_INVALID for a name it does not know or a number that makes no sense. */
export function resolveOptions(options: PostgresOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  for (const [name, value] of Object.entries(given)) checkOption(name, value)
  return { ...DEFAULTS, ...given }
}

const DEFAULTS = {
  applicationName: 'rtp',
  synchronousCommit: 'on',
  connectTimeoutMs: 10_000,
  reconnectTimeoutMs: 30_000,
  answerTimeoutMs: 60_000,
  lockTimeoutMs: 10_000,
  idleInTransactionTimeoutMs: 10_000,
  transactionTimeoutMs: 120_000,
  maxBufferedBytes: 32 * 1024 * 1024,
} as const

/** setTimeout and PostgreSQL's settings take no more: 32 bits. */
const MAX_NUMBER = 2_147_483_647

function checkOption(name: string, value: unknown): void {
  if (['url', 'password', 'ssl', 'applicationName'].includes(name)) return
  if (!(name in DEFAULTS)) {
    throw invalid(
      `"${name}" is no option of postgres(). Known are ${['url', 'password', 'ssl', ...Object.keys(DEFAULTS)].join(', ')}.`,
    )
  }
  if (name === 'synchronousCommit') {
    if (value === 'on' || value === 'off') return
    throw invalid("synchronousCommit is 'on' or 'off'.")
  }
  if (Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_NUMBER) return
  throw invalid(`${name} must be a whole number from 1 to ${MAX_NUMBER}.`)
}

function invalid(message: string): StreamError {
  return new StreamError('POSTGRES_OPTIONS_INVALID', message)
}
