/** What can go wrong while an embedded PostgreSQL is started or stopped. Codes are stable. */
export type EmbeddedPostgresErrorCode =
  | 'UNSUPPORTED_PLATFORM'
  | 'BINARIES_MISSING'
  | 'BINARIES_INCOMPLETE'
  | 'NO_UNPRIVILEGED_USER'
  | 'DATA_DIR_UNREACHABLE'
  | 'DATA_DIR_NOT_OWNED'
  | 'DATA_DIR_NOT_EMPTY'
  | 'DATA_DIR_IN_USE'
  | 'DATA_DIR_OTHER_VERSION'
  | 'DATA_DIR_CREDENTIALS'
  | 'PORT_IN_USE'
  | 'DISK_FULL'
  | 'INIT_FAILED'
  | 'START_FAILED'

/** An error with a stable code; the message says what happened, where, and what to do. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: { cause?: unknown }) {
    super(`${code}: ${message}`, options)
    this.name = 'EmbeddedPostgresError'
    this.code = code
  }
}

/** Turns what initdb or postgres printed before it gave up into an error that names the cause. */
export function failureFromOutput(
  step: 'INIT_FAILED' | 'START_FAILED',
  output: string,
  dataDir: string,
): EmbeddedPostgresError {
  const said = lastLines(output)
  if (/No space left on device|Disk quota exceeded/i.test(output)) {
    return new EmbeddedPostgresError(
      'DISK_FULL',
      `The disk that holds ${dataDir} is full. Free some space or choose another dataDir. PostgreSQL said:\n${said}`,
    )
  }
  if (/could not bind .*Address (already )?in use/i.test(output)) {
    return new EmbeddedPostgresError(
      'PORT_IN_USE',
      `The port is taken by another process. Choose another port, or none to get a free one. PostgreSQL said:\n${said}`,
    )
  }
  if (/exists but is not empty/i.test(output)) {
    return new EmbeddedPostgresError(
      'DATA_DIR_NOT_EMPTY',
      `${dataDir} holds files, but no database. Choose an empty or new folder as dataDir.`,
    )
  }
  if (/database files are incompatible with server/i.test(output)) {
    return new EmbeddedPostgresError(
      'DATA_DIR_OTHER_VERSION',
      `${dataDir} was made by another major version of PostgreSQL. Choose another dataDir, or dump and reload it. PostgreSQL said:\n${said}`,
    )
  }
  if (/Permission denied|wrong ownership/i.test(output)) {
    return new EmbeddedPostgresError(
      'DATA_DIR_NOT_OWNED',
      `PostgreSQL may not use ${dataDir}. Give the folder to the user that runs it, or choose another dataDir. PostgreSQL said:\n${said}`,
    )
  }
  const what = step === 'INIT_FAILED' ? 'initdb could not make a database in' : 'PostgreSQL did not start on'
  return new EmbeddedPostgresError(step, `${what} ${dataDir}. It said:\n${said}`)
}

function lastLines(output: string): string {
  const lines = output.trim().split('\n').slice(-12)
  return lines.map(line => `  ${line}`).join('\n')
}
