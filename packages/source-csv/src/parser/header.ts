import { StreamError } from '@rtp/stream-core/extend'
import { utf8Text } from '../columns/ascii-text.ts'
import { CARRIAGE_RETURN, type Dialect, LINE_FEED } from './dialect.ts'
import { behindLineEnd, findLineEnd } from './line-end.ts'
import { splitQuotedRows } from './quoted-rows.ts'
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
  const reason = found !== 'row' ? found : isUtf8(bytes, p, scanner.end) ? undefined : 'UTF8_INVALID'
  if (reason !== undefined) {
    const firstLine = bytes.subarray(p, Math.min(findLineEnd(bytes, p, end), p + dialect.maxRowBytes))
    throw new StreamError(
      'CSV_HEADER_INVALID',
      `the header of ${file} in line ${line} cannot be read: ${reason}. ${remedy(firstLine, dialect)}`,
      { place: { partition: file } },
    )
  }
  const [names = []] = splitQuotedRows(bytes.subarray(p, scanner.end), dialect)
  const lines = scanner.innerLines + (scanner.next > scanner.end ? 1 : 0)
  return { names: names.map(name => textOfLatin1(name).trim()), next: scanner.next, line: line + lines }
}

function remedy(firstLine: Uint8Array, dialect: Dialect): string {
  if ((firstLine[0] === 0xff && firstLine[1] === 0xfe) || (firstLine[0] === 0xfe && firstLine[1] === 0xff)) {
    return 'The file looks like UTF-16: convert it to UTF-8, e.g. by iconv -f UTF-16 -t UTF-8.'
  }
  const other = [',', ';', '\t', '|'].find(
    character => character.charCodeAt(0) !== dialect.delimiter && firstLine.includes(character.charCodeAt(0)),
  )
  if (other !== undefined)
    return `If its fields are separated by ${JSON.stringify(other)}, pass delimiter: ${JSON.stringify(other)}.`
  return 'Correct the file, or pass the delimiter and quote that it is written with.'
}

function textOfLatin1(characters: string): string {
  const bytes = Uint8Array.from(characters, character => character.charCodeAt(0))
  return utf8Text(bytes, 0, bytes.length)
}
