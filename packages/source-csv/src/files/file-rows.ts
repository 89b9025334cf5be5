import { StreamError } from '@rtp/stream-core/extend'
import type { Columns, RowOf } from '../columns/column.ts'
import type { CheckedOptions } from '../csv-options.ts'
import type { CsvPosition } from '../csv-position.ts'
import { bindColumns } from '../parser/bind-columns.ts'
import { CsvParser, type ParsedRows } from '../parser/csv-parser.ts'
import { CARRIAGE_RETURN, LINE_FEED } from '../parser/dialect.ts'
import { type Header, readHeader } from '../parser/header.ts'
import type { FileWindow } from './file-window.ts'

/** The rows of one file, from some position on. */
export interface FileRows<Row> {
  /** Offset and line where reading goes on. */
  place(): { readonly offset: number; readonly line: number }
  /** Waits until there are rows or bad rows; false at the end of the file. */
  read(into: ParsedRows<Row>): Promise<boolean>
}

/** Reads the header of the file that `window` shows and goes to `from`. */
export async function openRows<C extends Columns>(
  window: FileWindow,
  file: string,
  options: CheckedOptions<C>,
  from: CsvPosition | undefined,
): Promise<FileRows<RowOf<C>>> {
  const header = await findHeader(window, file, options)
  const columns = bindColumns(options.columns, header.names, options.delimiter, file)
  if (from !== undefined && from.offset > 0) await goToRow(window, from, options.follow)
  const parser = new CsvParser<RowOf<C>>(
    { dialect: options.dialect, fieldCount: header.names.length, columns },
    window.offset,
    from !== undefined && from.offset > 0 ? from.line : header.line,
  )
  return {
    place: () => parser,
    async read(into) {
      for (;;) {
        window.start = parser.read(window.bytes, window.start, window.end, window.isLast, into)
        if (into.values.length > 0 || into.badRows.length > 0) return true
        if (window.isLast) return false
        await window.fill()
      }
    },
  }
}

/** How large a buffer must be, so that a row that is not whole never fills it. */
export function bufferBytes({ dialect, blockBytes }: Pick<CheckedOptions<Columns>, 'blockBytes' | 'dialect'>): number {
  return dialect.maxRowBytes + 4 + blockBytes
}

/** Takes the byte order mark and the header off the window. */
async function findHeader<C extends Columns>(
  window: FileWindow,
  file: string,
  { names, dialect }: CheckedOptions<C>,
): Promise<Pick<Header, 'line' | 'names'>> {
  while (window.end < BYTE_ORDER_MARK.length && !window.isLast) await window.fill()
  if (BYTE_ORDER_MARK.every((byte, i) => i < window.end && window.bytes[i] === byte)) {
    window.start = BYTE_ORDER_MARK.length
  }
  if (names !== undefined) return { names, line: 1 }
  for (;;) {
    const header = readHeader(window.bytes, window.start, window.end, window.isLast, dialect, file)
    if (header !== undefined) {
      window.start = header.next
      return header
    }
    if (window.isLast || window.isFull) throw emptyFile(file)
    await window.fill()
  }
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** Moves to a row that an earlier run stopped before, and sees that a row can begin there. */
async function goToRow(window: FileWindow, from: CsvPosition, isFollowed: boolean): Promise<void> {
  if (from.offset < window.offset) throw changedFile(from, 'lies inside the header')
  if (from.offset === window.offset) return
  // The byte before a row ends a line.
  await window.goTo(from.offset - 1)
  if (window.length === 0) {
    if (window.offset < from.offset - 1) throw changedFile(from, `lies behind the end, at byte ${window.offset}`)
    await window.fill()
    if (window.isLast) throw changedFile(from, `lies behind the end, at byte ${window.offset}`)
  }
  const before = window.bytes[window.start++]
  if (before === LINE_FEED || before === CARRIAGE_RETURN) return
  // Or the file ended without a line end, and still does.
  if (!isFollowed && window.length === 0) await window.fill()
  if (isFollowed || window.length > 0) throw changedFile(from, 'is in the middle of a line')
}

function emptyFile(path: string): StreamError {
  return new StreamError(
    'CSV_FILE_EMPTY',
    `${path} has no header: there is nothing in it. If it has rows without a header by design, pass the names of its columns as header: [...].`,
    { place: { partition: path } },
  )
}

function changedFile({ file, offset, line }: CsvPosition, what: string): StreamError {
  return new StreamError(
    'CSV_FILE_CHANGED',
    `${file} is not the file that was read before: the position to go on from (byte ${offset}, line ${line}) ${what}. Bring the old file back, or start without the old checkpoint.`,
    { place: { partition: file, offset } },
  )
}
