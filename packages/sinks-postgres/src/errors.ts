import { StreamError } from '@rtp/stream-core/extend'
import { ruleFor, SQLSTATE } from './error-rules.ts'

/** Codes of the errors of this package, besides FENCED, USER_FUNCTION_FAILED and the CHECKPOINT_... codes of stream-core. Stable. */
export type PostgresErrorCode =
  | 'POSTGRES_AUTH_FAILED'
  | 'POSTGRES_COLUMN_MISSING'
  | 'POSTGRES_COLUMN_REQUIRED'
  | 'POSTGRES_COMMIT_LOST'
  | 'POSTGRES_CONFLICT'
  | 'POSTGRES_CONNECTION_LOST'
  | 'POSTGRES_CONSTRAINT_VIOLATED'
  | 'POSTGRES_DATABASE_MISSING'
  | 'POSTGRES_DISK_FULL'
  | 'POSTGRES_FAILED'
  | 'POSTGRES_KEY_NOT_UNIQUE'
  | 'POSTGRES_LOCK_TIMEOUT'
  | 'POSTGRES_MIGRATION_CHANGED'
  | 'POSTGRES_MIGRATION_FAILED'
  | 'POSTGRES_MIGRATION_UNKNOWN'
  | 'POSTGRES_NAME_INVALID'
  | 'POSTGRES_OPTIONS_INVALID'
  | 'POSTGRES_OUT_OF_MEMORY'
  | 'POSTGRES_PERMISSION_DENIED'
  | 'POSTGRES_READ_ONLY'
  | 'POSTGRES_TABLE_CHANGED'
  | 'POSTGRES_TABLE_MISSING'
  | 'POSTGRES_TIMEOUT'
  | 'POSTGRES_TLS_FAILED'
  | 'POSTGRES_TOO_MANY_CONNECTIONS'
  | 'POSTGRES_TYPE_MISMATCH'
  | 'POSTGRES_UNAVAILABLE'
  | 'POSTGRES_UNREACHABLE'
  | 'POSTGRES_VALUE_INVALID'
  | 'POSTGRES_VALUE_REFUSED'

/**
 * What the server or the socket said, without record content: details and messages of value errors repeat values and are left out.
 * The cause of the StreamErrors that `postgresError` makes.
 */
export class PostgresFailure extends Error {
  /** SQLSTATE (manual, appendix A), or the system's code such as ECONNREFUSED; undefined where there was neither. */
  readonly sqlState: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly constraint: string | undefined
  /** Row of a COPY that the server was reading, counted from 1. */
  readonly copyLine: number | undefined

  constructor(message: string, fields: ServerFields) {
    super(message)
    this.name = 'PostgresFailure'
    this.sqlState = fields.code
    this.table = fields.table
    const copied = COPY_CONTEXT.exec(fields.where ?? '')
    this.column = fields.column ?? copied?.[2]
    this.constraint = fields.constraint
    this.copyLine = copied === null ? undefined : Number(copied[1])
  }
}

/** True when the failure is of the connection, so that nobody knows what the server did with the last message. */
export function isConnectionFailure(cause: unknown): boolean {
  if (cause instanceof StreamError) return isConnectionFailure(cause.cause)
  const code = cause instanceof PostgresFailure ? cause.sqlState : fieldsOf(cause).code
  // 57P0x end the session: shutdown by an administrator, crash of another backend, database dropped. 25P03 and 25P04 are timeouts that do.
  return code === undefined || !SQLSTATE.test(code) || code.startsWith('08') || SESSION_ENDS.has(code)
}

/**
 * Turns whatever pg, its socket or the server threw into a StreamError that says what was being done, to which database, and what to do.
 * `isStandby`: whether the server has reported that it is one.
 */
export function postgresError(thrown: unknown, doing: string, target: string, isStandby = false): StreamError {
  if (thrown instanceof StreamError) return thrown
  const fields = fieldsOf(thrown)
  const rule = ruleFor(fields.code, fields.message, isStandby)
  const failure = new PostgresFailure(rule.isAboutValues ? `SQLSTATE ${fields.code}` : fields.message, fields)
  const said = rule.isAboutValues ? aboutValue(failure) : `: ${fields.message}`
  return new StreamError(rule.code, `${doing} (${target}) failed${said}${sqlStateText(fields.code)}. ${rule.remedy}`, {
    cause: failure,
    retryable: rule.retryable,
  })
}

interface ServerFields {
  readonly message: string
  readonly code: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly constraint: string | undefined
  readonly where: string | undefined
}

const SESSION_ENDS = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '25P04'])
const COPY_CONTEXT = /^COPY .*?, line (\d+)(?:, column ([^:\n]+))?/m

function aboutValue({ table, column, constraint, copyLine }: PostgresFailure): string {
  const parts = [
    table && `table ${table}`,
    column && `column ${column}`,
    constraint && `constraint ${constraint}`,
    copyLine !== undefined && `row ${copyLine} of this part`,
  ].filter(Boolean)
  return parts.length === 0 ? ': the server refused a value' : `: the server refused a value, ${parts.join(', ')}`
}

function sqlStateText(code: string | undefined): string {
  return code === undefined ? '' : ` [${code}]`
}

function fieldsOf(thrown: unknown): ServerFields {
  const text = (name: string): string | undefined => {
    const field: unknown = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined
    return typeof field === 'string' && field !== '' ? field : undefined
  }
  return {
    // An AggregateError (several addresses were tried) has an empty message of its own.
    message: text('message') ?? firstMessage(thrown) ?? String(thrown),
    code: text('code'),
    table: text('table'),
    column: text('column'),
    constraint: text('constraint'),
    where: text('where'),
  }
}

function firstMessage(thrown: unknown): string | undefined {
  const errors: unknown = thrown instanceof AggregateError ? thrown.errors : undefined
  return Array.isArray(errors) && errors[0] instanceof Error ? errors[0].message : undefined
}
