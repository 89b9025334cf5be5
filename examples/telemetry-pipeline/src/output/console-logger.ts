import type { LogFields, Logger } from '@rtp/stream-core/extend'

/** Warnings and errors of the engine and its connectors as lines of text; what is only of interest to a debugger is left out. */
export function textLogger(say: (line: string) => void): Logger {
  const line = (level: string) => (message: string, fields?: LogFields) => say(`${level}: ${message}${textOf(fields)}`)
  return { debug() {}, info() {}, warn: line('warning'), error: line('error') }
}

function textOf(fields: LogFields = {}): string {
  const written = Object.entries(fields).filter(([, value]) => value !== undefined)
  return written.length === 0 ? '' : ` (${written.map(([name, value]) => `${name}: ${value}`).join(', ')})`
}
