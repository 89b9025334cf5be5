import type { ResolvedOptions } from '../options.ts'
import type { Statement } from './statement-batch.ts'

/**
 * Ends sessions of ours that hold locks and wait for a client which will never send the rest: its machine is gone or cut off, or its process is paused.
 *
 * The server has no time-out for them. `idle_in_transaction_session_timeout` counts between messages that are complete up to their Sync, not within a
 * batch whose end is missing, and `transaction_timeout` does not interrupt a COPY that waits for data (PostgreSQL 18, `ProcessClientReadInterrupt`). So
 * whoever takes tasks over applies both settings by hand. It sees sessions of its own user, database and application name alone.
 */
export function endStuckSessions({ idleInTransactionTimeoutMs, transactionTimeoutMs }: ResolvedOptions): Statement {
  return {
    // Statements of a batch begin when their bytes come; a COPY begins once and then reads for as long as it takes.
    text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = current_user AND application_name = current_setting('application_name')
        AND pid <> pg_backend_pid() AND state = 'active' AND wait_event = 'ClientRead'
        AND (xact_start < clock_timestamp() - $1::interval
          OR query_start < clock_timestamp() - $2::interval AND query !~* '\\mcopy\\M')`,
    values: [`${transactionTimeoutMs} ms`, `${idleInTransactionTimeoutMs} ms`],
    doing: 'ending sessions that wait for a client which is gone',
  }
}
