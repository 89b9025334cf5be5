import { CsvError, parse } from 'csv-parse/sync'
import type { Dialect } from '../../src/parser/dialect.ts'

/** A row as csv-parse sees it. */
export interface ReferenceRow {
  readonly offset: number
  readonly line: number
  /** Undefined for a row that csv-parse refuses or that is longer than allowed: bad up to the end of its first line. */
  readonly fields: readonly string[] | undefined
  readonly bytes: string
  /** Behind the row's line end. */
  readonly next: { readonly offset: number; readonly line: number }
}

/**
 * The rows of a text by csv-parse alone, one at a time with `info`, and the rule for broken rows on top of it: what is refused, or too
 * long, costs one line. Bytes are characters here (latin1).
 */
export function parseByReference(text: string, dialect: Dialect): ReferenceRow[] {
  const rows: ReferenceRow[] = []
  let at = 0
  let line = 1
  const skipTo = (end: number) => {
    line += text.slice(at, end).match(/\r\n|\r|\n/g)?.length ?? 0
    at = end
  }
  while (at < text.length) {
    const blank = /^[\r\n]+/.exec(text.slice(at))?.[0].length ?? 0
    skipTo(at + blank)
    if (at === text.length) break
    const first = firstRow(text.slice(at), dialect)
    const bytes = first === undefined ? '' : text.slice(at, at + first.bytes).replace(/(\r\n|\r|\n)$/, '')
    if (first !== undefined && bytes.length <= dialect.maxRowBytes) {
      const begin = { offset: at, line }
      skipTo(at + first.bytes)
      rows.push({ ...begin, fields: first.fields, bytes, next: { offset: at, line } })
    } else {
      const [row] = /^[^\r\n]*/.exec(text.slice(at))!
      const begin = { offset: at, line }
      skipTo(at + row.length + (/^(\r\n|\r|\n)/.exec(text.slice(at + row.length))?.[0].length ?? 0))
      const kept = row.slice(0, dialect.maxRowBytes)
      rows.push({ ...begin, fields: undefined, bytes: kept, next: { offset: at, line } })
    }
  }
  return rows
}

function firstRow(text: string, dialect: Dialect): { fields: string[]; bytes: number } | undefined {
  let found: { fields: string[]; bytes: number } | undefined
  const quote = dialect.quote < 0 ? false : String.fromCharCode(dialect.quote)
  try {
    parse(Buffer.from(text, 'latin1'), {
      columns: false,
      encoding: 'latin1',
      delimiter: String.fromCharCode(dialect.delimiter),
      quote,
      escape: quote,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      to: 1,
      on_record: (fields: string[], { bytes }: { bytes: number }) => {
        found ??= { fields, bytes }
        return null
      },
    })
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
  }
  return found
}
