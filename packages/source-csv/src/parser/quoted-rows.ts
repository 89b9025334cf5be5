import { parse } from 'csv-parse/sync'
import type { Dialect } from './dialect.ts'

/**
 * Splits whole rows by csv-parse, with one character for each byte of a field (latin1), so that nothing is decoded yet. Each row must be
 * well formed; blank lines give no row.
 */
export function splitQuotedRows(bytes: Uint8Array, dialect: Dialect): string[][] {
  const quote = dialect.quote < 0 ? null : String.fromCharCode(dialect.quote)
  return parse(bytes, {
    columns: false,
    encoding: 'latin1',
    delimiter: String.fromCharCode(dialect.delimiter),
    quote: quote ?? false,
    escape: quote ?? false,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
  })
}

/** The fields of a row that csv-parse has split, as bytes again, so that the same decoders serve. */
export class SplitRow {
  bytes = Buffer.allocUnsafe(1024)
  readonly starts: Int32Array
  readonly ends: Int32Array

  constructor(fieldCount: number) {
    this.starts = new Int32Array(fieldCount)
    this.ends = new Int32Array(fieldCount)
  }

  set(fields: readonly string[]): void {
    let length = 0
    for (const field of fields) length += field.length
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafe(length * 2)
    const { bytes, starts, ends } = this
    let at = 0
    for (let i = 0; i < fields.length && i < starts.length; i++) {
      const field = fields[i]!
      starts[i] = at
      for (let c = 0; c < field.length; c++) bytes[at++] = field.charCodeAt(c)
      ends[i] = at
    }
  }
}
