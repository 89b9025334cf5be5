import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import { type Options, parse } from 'csv-parse/sync'
import { MAX_ROW_BYTES } from '../readings/limits.ts'

/** Records of a CSV, one character for each byte (latin1), so that nothing is lost to a decoder. */
export interface CsvRecords {
  readonly records: readonly (readonly string[])[]
  /** Line that the first record begins in, counted from 1. Blank lines are records without fields, so every line has its record. */
  readonly firstLine: number
  /** True when no field holds a line end: record i begins in line `firstLine + i`. */
  readonly oneLineEach: boolean
  /** Lines that are no record, because their quotes are broken or they do not end. */
  readonly brokenLines: readonly number[]
}

/**
 * Reads a CSV by csv-parse, block by block. This is the verification's own path: it shares no code with the pipeline's source, only the
 * rule that a row with broken quotes costs its first line and reading goes on in the next one.
 */
export async function* csvRecords(path: string, delimiter: string): AsyncGenerator<CsvRecords> {
  const options: Options = {
    delimiter,
    encoding: 'latin1',
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
  }
  let rest: Buffer = Buffer.alloc(0)
  let line = 1
  let patience = BLOCK_BYTES
  for await (const { bytes, isLast } of fileBlocks(path)) {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    if (!isLast && rest.length < patience) continue
    while (rest.length > 0) {
      const end = isLast ? rest.length : endOfLastLine(rest)
      const block = rest.subarray(0, end)
      const read = parseBlock(block, options, line)
      if (read !== undefined) {
        yield read.found
        line = read.nextLine
        rest = rest.subarray(end)
        break
      }
      // A quoted field may go on behind the block; only when it cannot any more are its quotes broken.
      if (!isLast && rest.length < LOOK_AHEAD_BYTES) {
        patience = LOOK_AHEAD_BYTES
        break
      }
      const mended = parseBrokenBlock(block, options, line, isLast)
      for (const found of mended.found) yield found
      line = mended.nextLine
      rest = rest.subarray(mended.end)
      patience = BLOCK_BYTES
      if (!isLast) break
    }
    if (rest.length < BLOCK_BYTES) patience = BLOCK_BYTES
  }
}

const BLOCK_BYTES = 1 << 20
/** No row may be longer than `MAX_ROW_BYTES`, so what does not end within more than that never does. */
const LOOK_AHEAD_BYTES = BLOCK_BYTES + 2 * MAX_ROW_BYTES
const QUOTE = 0x22
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

interface Parsed {
  readonly found: CsvRecords
  readonly nextLine: number
}

/** Parses whole lines; undefined where a quote is open at the end or out of place, or a line needs a closer look. */
function parseBlock(block: Buffer, options: Options, firstLine: number): Parsed | undefined {
  const quoted = block.includes(QUOTE)
  // csv-parse gives a blank line and a line of two quotes as the same record, and only one of them is a row.
  if (quoted && LINE_OF_QUOTES.test(block.toString('latin1'))) return undefined
  let records: (readonly string[])[]
  try {
    records = parse(block, { ...options, skip_empty_lines: false })
  } catch (cause) {
    if (quoted) return undefined
    throw new StreamError(
      'VERIFY_FAILED',
      `csv-parse cannot read the CSV from line ${firstLine} on: ${messageOf(cause)}`,
      { cause },
    )
  }
  if (quoted && records.some(record => record.some(field => field.length > MAX_ROW_BYTES))) return undefined
  let inner = 0
  for (const [index, record] of records.entries()) {
    if (record.length === 1 && record[0] === '') records[index] = BLANK
    else if (quoted) inner += innerLines(record)
  }
  return {
    found: { records, firstLine, oneLineEach: inner === 0, brokenLines: [] },
    nextLine: firstLine + records.length + inner,
  }
}

const BLANK: readonly string[] = []
const LINE_OF_QUOTES = /(?:^|[\r\n])""(?:[\r\n]|$)/

/** Reads records one by one; where one is broken, its first line is passed over. Stops before a record that may go on behind the block. */
function parseBrokenBlock(
  block: Buffer,
  options: Options,
  firstLine: number,
  isLast: boolean,
): { readonly found: readonly CsvRecords[]; readonly nextLine: number; readonly end: number } {
  const found: CsvRecords[] = []
  let at = 0
  let line = firstLine
  while (at < block.length) {
    const { records, bytes } = parseUntilBroken(block.subarray(at), options)
    found.push({ records, firstLine: line, oneLineEach: false, brokenLines: [] })
    for (const record of records) line += 1 + innerLines(record)
    at += bytes
    if (at >= block.length || (!isLast && block.length - at <= MAX_ROW_BYTES)) break
    for (; isLineEnd(block, at); at = behindLine(block, at)) line++
    found.push({ records: [], firstLine: line, oneLineEach: true, brokenLines: [line] })
    at = behindLine(block, at)
    line++
  }
  return { found, nextLine: line, end: at }
}

function parseUntilBroken(
  block: Buffer,
  options: Options,
): { readonly records: (readonly string[])[]; readonly bytes: number } {
  const records: (readonly string[])[] = []
  let bytes = 0
  let blankLines = 0
  try {
    parse(block, {
      ...options,
      skip_empty_lines: true,
      on_record(record: string[], { bytes: end, empty_lines }) {
        if (end - bytes > MAX_ROW_BYTES + 2) throw new StreamError('ROW_TOO_LONG', 'the row does not end')
        for (; blankLines < empty_lines; blankLines++) records.push(BLANK)
        records.push(record)
        bytes = end
        return null
      },
    })
  } catch {
    // What was found before the broken record stands in `records`.
    return { records, bytes }
  }
  return { records, bytes: block.length }
}

/** Line ends within the fields of a record: the lines that it has more than one. */
export function innerLines(record: readonly string[]): number {
  let lines = 0
  for (const field of record) {
    if (field.includes('\n') || field.includes('\r')) lines += field.match(/\r\n|\r|\n/g)?.length ?? 0
  }
  return lines
}

function endOfLastLine(bytes: Buffer): number {
  const lineFeed = bytes.lastIndexOf(LINE_FEED)
  if (lineFeed >= 0) return lineFeed + 1
  // A file of CR alone; one at the very end may be half of a CRLF.
  return bytes.subarray(0, -1).lastIndexOf(CARRIAGE_RETURN) + 1 || bytes.length
}

function isLineEnd(bytes: Buffer, at: number): boolean {
  return bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN
}

function behindLine(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && !isLineEnd(bytes, at)) at++
  return at + (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED ? 2 : 1)
}

/** The file's bytes without its byte order mark, decompressed where it is a gzip. */
async function* fileBlocks(path: string): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  const isCompressed = await isGzip(path)
  const file = createReadStream(path, { highWaterMark: BLOCK_BYTES })
  // The callback is there because the pipeline wants one: an error reaches the loop below through the stream.
  const stream: AsyncIterable<Buffer> = isCompressed
    ? pipeline(file, createGunzip({ chunkSize: BLOCK_BYTES }), () => undefined)
    : file
  let isFirst = true
  for await (const chunk of stream) {
    const bytes = isFirst && chunk.subarray(0, 3).equals(BYTE_ORDER_MARK) ? chunk.subarray(3) : chunk
    isFirst = false
    yield { bytes, isLast: false }
  }
  yield { bytes: Buffer.alloc(0), isLast: true }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch(cause => {
    throw new StreamError('CSV_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}. Name the CSV with --input.`, {
      cause,
    })
  })
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}
