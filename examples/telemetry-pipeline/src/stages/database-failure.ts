import { messageOf, StreamError } from '@rtp/stream-core/extend'

/** Runs SQL of this program's own; what the server or the connection throws then says what was being done, and what to do. */
export async function withDatabaseFailures<R>(doing: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StreamError) throw cause
    const sqlState: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
    const state = typeof sqlState === 'string' ? sqlState : ''
    const [code, remedy] = FAILURES[state] ?? FAILURES[state.slice(0, 2)] ?? OTHERWISE
    throw new StreamError(code, `${doing} failed: ${messageOf(cause)}${state && ` [${state}]`}. ${remedy}`, { cause })
  }
}

const OTHERWISE = ['POSTGRES_FAILED', "Run it again; if it stays, see the server's log."] as const

/** By SQLSTATE (PostgreSQL manual, appendix A) or its class. */
const FAILURES: { readonly [state: string]: readonly [code: string, remedy: string] } = {
  '42501': [
    'POSTGRES_PERMISSION_DENIED',
    'The user of --postgres needs USAGE on schema telemetry, SELECT on its tables and, for a verification, TEMPORARY on the database.',
  ],
  '42': [
    'POSTGRES_TYPE_MISMATCH',
    'The tables of schema telemetry are not as `job` makes them: somebody has changed them. Change them back, or use another database.',
  ],
  '53100': [
    'POSTGRES_DISK_FULL',
    "The server's disk is full: a verification needs room there for temporary tables of about the size of the CSV.",
  ],
}
