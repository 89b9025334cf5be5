/** What a job says while it runs. Fields are flat and safe to print: no record content, no secrets. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Says nothing; the default of a library. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
