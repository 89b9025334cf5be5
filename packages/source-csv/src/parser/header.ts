import { StreamError } from '@rtp/stream-core/extend'
import { parse } from 'csv-parse/sync'
import type { Columns } from '../columns/column.ts'
import { CARRIAGE_RETURN, type Dialect, LINE_FEED } from './dialect.ts'
import { behindLineEnd } from './line-end.ts'
import type { BoundColumn } from './row-decoder.ts'
import { RowScanner } from './row-scanner.ts'
import { isUtf8 } from './utf8.ts'

/** The first row of a file, which names its fields. */
export interface Header {
  readonly names: readonly string[]
  /** Where the first row of data begins. */
  readonly next: number
  /** The line that begins there. */
  readonly line: number
}

/** Reads the header from the beginning of a file, behind its BOM; undefined while it is not whole, or when there is none. */
export function readHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  isLast: boolean,
  dialect: Dialect,
  file: string,
): Header | undefined {
  let p = start
  let line = 1
  while (p < end && (bytes[p] === LINE_FEED || bytes[p] === CARRIAGE_RETURN)) {
    const next = behindLineEnd(bytes, p, end, isLast)
    if (next < 0) return undefined
    p = next
    line++
  }
  if (p === end) return undefined
  const scanner = new RowScanner(dialect, 0)
  const found = scanner.scan(bytes, p, end, isLast)
  if (found === 'more') return undefined
  if (found !== 'row') throw badHeader(file, line, found)
  const row = bytes.subarray(p, scanner.end)
  if (!isUtf8(bytes, p, scanner.end)) throw badHeader(file, line, 'UTF8_INVALID')
  const quote = dialect.quote < 0 ? false : String.fromCharCode(dialect.quote)
  const delimiter = String.fromCharCode(dialect.delimiter)
  const [names = []] = parse(row, {
    columns: false,
    delimiter,
    quote,
    escape: quote,
    record_delimiter: ['\r\n', '\n', '\r'],
  })
  const lines = scanner.innerLines + (scanner.next > scanner.end ? 1 : 0)
  return { names: names.map(name => name.trim()), next: scanner.next, line: line + lines }
}

/** Finds each declared column in the names of a file; a missing or ambiguous one is an error that lists what there is. */
export function bindColumns(
  columns: Columns,
  names: readonly string[],
  delimiter: string,
  file: string,
): BoundColumn[] {
  const wanted = Object.entries(columns).map(([name, column]) => ({ name, header: column.header ?? name, column }))
  const missing = wanted.filter(({ header }) => !names.includes(header)).map(({ header }) => header)
  if (missing.length > 0) {
    throw new StreamError(
      'CSV_COLUMN_MISSING',
      `${file} has no column ${listed(missing)}. It has ${listed(names)}. ${remedy(missing, names, delimiter)}`,
      { place: { partition: file } },
    )
  }
  const repeated = wanted.filter(({ header }) => names.indexOf(header) !== names.lastIndexOf(header))
  if (repeated.length > 0) {
    throw new StreamError(
      'CSV_COLUMN_DUPLICATED',
      `${file} has more than one column ${listed(repeated.map(({ header }) => header))}. It has ${listed(names)}. Rename one of them in the file, or name the columns by the option header.`,
      { place: { partition: file } },
    )
  }
  return wanted.map(({ name, header, column }) => ({
    name,
    header,
    field: names.indexOf(header),
    decoder: column.decoder(),
  }))
}

function remedy(missing: readonly string[], names: readonly string[], delimiter: string): string {
  for (const other of [',', ';', '\t', '|']) {
    if (other === delimiter || !names.some(name => name.includes(other))) continue
    const split = names
      .join(delimiter)
      .split(other)
      .map(name => name.trim().replace(/^"(.*)"$/, '$1'))
    if (missing.some(header => split.includes(header))) {
      return `The header looks as if its fields were separated by ${JSON.stringify(other)}: pass delimiter: ${JSON.stringify(other)}.`
    }
  }
  const near = missing.flatMap(header => names.filter(name => name.toLowerCase() === header.toLowerCase()))
  if (near.length > 0) return `Did you mean ${listed(near)}? Names are compared with upper and lower case.`
  return "Name the column as the file does, e.g. text('Phone'); for a file without a header pass its names as header: [...]."
}

function badHeader(file: string, line: number, reason: string): StreamError {
  return new StreamError(
    'CSV_HEADER_INVALID',
    `the header of ${file} in line ${line} cannot be read (${reason}). Correct the file, or pass the delimiter and quote that it is written with.`,
    { place: { partition: file } },
  )
}

function listed(names: readonly string[]): string {
  return names.map(name => JSON.stringify(name)).join(', ')
}
