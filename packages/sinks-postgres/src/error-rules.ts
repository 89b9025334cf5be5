import type { PostgresErrorCode } from './errors.ts'

/** What an error of the server, the socket or pg means for a job. */
export interface Rule {
  readonly code: PostgresErrorCode
  readonly retryable: boolean
  readonly remedy: string
  /** True when the server's message repeats values. */
  readonly isAboutValues?: boolean
}

/** The rule for an error with this code (SQLSTATE or the system's) and message, of a server that is a standby or is not. */
export function ruleFor(code: string | undefined, message: string, isStandby: boolean): Rule {
  if (code === NOT_SUPPORTED && (isStandby || /during recovery/.test(message))) return READ_ONLY
  if (code !== undefined) {
    const rule = RULES[code] ?? (SQLSTATE.test(code) ? RULES[code.slice(0, 2)] : undefined)
    if (rule !== undefined) return rule
    if (SQLSTATE.test(code)) return stop('POSTGRES_FAILED', "See the server's log.")
    return LOST
  }
  // pg reports these by message alone.
  if (/does not support SSL|establishing an SSL connection/.test(message)) return TLS
  if (/timeout expired/.test(message)) return UNREACHABLE
  if (/password must be a string|no password|SCRAM|SASL|authentication/i.test(message)) return AUTH
  return LOST
}

/** No class of SQLSTATE begins with E, while codes of the system such as EPIPE do. */
export const SQLSTATE = /^(?!E)[0-9A-Z]{5}$/

const retry = (code: PostgresErrorCode, remedy: string): Rule => ({ code, retryable: true, remedy })
const stop = (code: PostgresErrorCode, remedy: string): Rule => ({ code, retryable: false, remedy })
const value = (code: PostgresErrorCode, remedy: string): Rule => ({ ...stop(code, remedy), isAboutValues: true })

/** What a standby says to BEGIN READ WRITE; before version 14 it does not report that it is one. */
const NOT_SUPPORTED = '0A000'
const READ_ONLY = retry(
  'POSTGRES_READ_ONLY',
  'The server takes no writes: it is a standby that has not been promoted, or read-only by setting. Use the address of the primary.',
)
const LOST = retry('POSTGRES_CONNECTION_LOST', 'The job can go on from its last checkpoint once the server answers.')
const UNREACHABLE = retry(
  'POSTGRES_UNREACHABLE',
  'Check host and port, that the server runs, and that nothing between blocks the port.',
)
const TLS = stop(
  'POSTGRES_TLS_FAILED',
  'Check that the server offers TLS and that the `ssl` option holds the certificate authority that signed its certificate.',
)
const AUTH = stop('POSTGRES_AUTH_FAILED', "Check user and password, and that the server's pg_hba.conf admits them.")

/** Whole SQLSTATEs, then classes of two characters, then codes of the operating system and of Node. */
const RULES: { readonly [code: string]: Rule } = {
  '28000': AUTH,
  '28P01': AUTH,
  '3D000': stop('POSTGRES_DATABASE_MISSING', 'Create the database, or correct its name in the address.'),
  '42501': stop('POSTGRES_PERMISSION_DENIED', 'Grant the right to the user of the address, or use another user.'),
  '42P01': stop('POSTGRES_TABLE_MISSING', 'Create the table, or correct its name.'),
  '3F000': stop('POSTGRES_TABLE_MISSING', 'Create the schema, or correct its name.'),
  '42703': stop('POSTGRES_COLUMN_MISSING', 'Add the column to the table, or take it out of the sink.'),
  '42804': stop(
    'POSTGRES_TYPE_MISMATCH',
    "The table has changed since the sink was opened: make the sink's types fit.",
  ),
  '22P03': {
    ...stop('POSTGRES_TYPE_MISMATCH', "The table has changed since the sink was opened: make the sink's types fit."),
    isAboutValues: true,
  },
  '22P04': stop('POSTGRES_TYPE_MISMATCH', 'The table has changed since the sink was opened: restart the job.'),
  '21000': stop(
    'POSTGRES_KEY_NOT_UNIQUE',
    'Two rows of one part have keys that differ for the sink and are equal for the database (its collation or type): normalise the key in the column function.',
  ),
  '53100': retry(
    'POSTGRES_DISK_FULL',
    "The server's disk is full: free space there; the job goes on from its last checkpoint.",
  ),
  '53200': retry(
    'POSTGRES_OUT_OF_MEMORY',
    'The server has no memory left: lower work_mem or the number of connections.',
  ),
  '53300': retry(
    'POSTGRES_TOO_MANY_CONNECTIONS',
    'Raise max_connections, close other sessions, or put a connection pooler in front.',
  ),
  '25006': READ_ONLY,
  '55000': retry(
    'POSTGRES_UNAVAILABLE',
    'The database takes no connections now (ALTER DATABASE ... ALLOW_CONNECTIONS), or an object is not in the state that the statement needs.',
  ),
  '55P03': retry('POSTGRES_LOCK_TIMEOUT', 'Another session holds the lock: see pg_locks, or raise lockTimeoutMs.'),
  '57014': retry(
    'POSTGRES_TIMEOUT',
    'The server cancelled the statement: see statement_timeout of the user or database.',
  ),
  '25P03': retry('POSTGRES_TIMEOUT', 'This process paused within a transaction; nothing of it was written.'),
  '25P04': retry(
    'POSTGRES_TIMEOUT',
    'The transaction took too long; raise transactionTimeoutMs or checkpoint more often.',
  ),
  '57P01': retry('POSTGRES_UNAVAILABLE', 'The server is shutting down, or an administrator ended the connection.'),
  '57P02': retry('POSTGRES_UNAVAILABLE', 'The server crashed and is recovering.'),
  '57P03': retry('POSTGRES_UNAVAILABLE', 'The server is starting up, shutting down or recovering.'),
  '57P04': stop('POSTGRES_DATABASE_MISSING', 'The database was dropped.'),
  '58P01': retry('POSTGRES_FAILED', "See the server's log: a file of the database is missing."),
  '08': LOST,
  '22': value('POSTGRES_VALUE_REFUSED', 'Correct the column function, or filter such records before the sink.'),
  '23': value('POSTGRES_CONSTRAINT_VIOLATED', 'Filter such records before the sink, or change the constraint.'),
  '40': retry('POSTGRES_CONFLICT', 'Another transaction was in the way; the job goes on from its last checkpoint.'),
  '53': retry('POSTGRES_FAILED', 'The server is short of a resource: see its log.'),
  '54': value('POSTGRES_VALUE_REFUSED', "A limit of PostgreSQL is passed, e.g. a row's or field's size."),
  '57': retry('POSTGRES_UNAVAILABLE', "See the server's log."),
  ECONNREFUSED: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOENT: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  CERT_HAS_EXPIRED: TLS,
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
  SELF_SIGNED_CERT_IN_CHAIN: TLS,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS,
  ERR_TLS_CERT_ALTNAME_INVALID: TLS,
  EPROTO: TLS,
}
