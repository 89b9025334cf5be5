import { StreamError } from '@rtp/stream-core/extend'
import { FieldFault } from '../columns/field-fault.ts'
import { type BadRow, describeReason, type RowReason } from './bad-row.ts'
import { CARRIAGE_RETURN, LINE_FEED } from './dialect.ts'
import type { FileLayout } from './file-layout.ts'
import { behindLineEnd } from './line-end.ts'
import { SplitRow, splitQuotedRows } from './quoted-rows.ts'
import { RejectedLine } from './rejected-line.ts'
import { compileRowDecoder, type DecodeRow } from './row-decoder.ts'
import { RowScanner } from './row-scanner.ts'
import { isUtf8 } from './utf8.ts'

/** Where `CsvParser.read` puts what it found. */
export interface ParsedRows<Row> {
  readonly values: Row[]
  /** Offset of each row's first byte; as long as the most rows that are taken at once. */
  readonly offsets: Float64Array
  readonly badRows: BadRow[]
}

/**
 * Turns bytes into rows, in pieces of any size, and always knows the offset and the line of the next row.
 *
 * A field is decoded straight from the bytes of the block; only rows with doubled quotes, whose text is nowhere in one piece, go
 * through csv-parse. A row with broken quotes, or one that does not end within `maxRowBytes`, is bad up to the end of its first line,
 * and reading goes on in the next line: a stray quote costs one line, not the rest of the file.
 */
export class CsvParser<Row> {
  /** Offset in the file behind the last row that was taken, bad ones included: where to go on. Blank lines behind it do not move it. */
  offset: number
  /** The line that begins there, counted from 1. */
  line: number

  readonly #layout: FileLayout
  readonly #decodeRow: DecodeRow<Row>
  readonly #scanner: RowScanner
  readonly #splitRow: SplitRow
  readonly #fault = new FieldFault()
  /** Offset of the byte that is read next. */
  #at: number
  #lineAt: number
  /** A bad line whose end has not been seen yet. */
  #rejected: RejectedLine | undefined

  constructor(layout: FileLayout, offset: number, line: number) {
    this.#layout = layout
    this.#decodeRow = compileRowDecoder(layout.columns)
    this.#scanner = new RowScanner(layout.dialect, layout.fieldCount)
    this.#splitRow = new SplitRow(layout.fieldCount)
    this.offset = this.#at = offset
    this.line = this.#lineAt = line
  }

  /**
   * Reads rows from `[start, end)` and returns where it stopped: at the first byte that it needs to see again, together with those behind
   * it. It takes no more rows than `into.offsets` has places, and no more bad ones. `isLast` says that the file ends at `end`.
   */
  read(bytes: Uint8Array, start: number, end: number, isLast: boolean, into: ParsedRows<Row>): number {
    const scanner = this.#scanner
    const capacity = into.offsets.length
    let p = this.#rejected === undefined ? start : this.#finishRejected(this.#rejected, bytes, start, end, isLast, into)
    while (p < end && this.#rejected === undefined && into.values.length < capacity && into.badRows.length < capacity) {
      const byte = bytes[p]
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        const next = behindLineEnd(bytes, p, end, isLast)
        if (next < 0) break
        this.#at += next - p
        this.#lineAt++
        p = next
        continue
      }
      const found = scanner.scan(bytes, p, end, isLast)
      if (found === 'more') break
      if (found !== 'row') {
        this.#rejected = new RejectedLine(found, this.#layout.dialect.maxRowBytes)
        p = this.#finishRejected(this.#rejected, bytes, p, end, isLast, into)
      } else if (scanner.hasDoubledQuotes) {
        p = this.#readQuotedRows(bytes, p, end, isLast, into)
      } else {
        this.#takeRow(bytes, p, bytes, scanner.starts, scanner.ends, into)
        p = scanner.next
      }
    }
    return p
  }

  /** Takes the row at `start` that the scanner has just found; its fields lie in `fields`. */
  #takeRow(
    bytes: Uint8Array,
    start: number,
    fields: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    into: ParsedRows<Row>,
  ): void {
    const scanner = this.#scanner
    const reason = this.#rowReason(bytes, start)
    if (reason !== undefined) this.#addBadRow(reason, this.#describe(reason), bytes.slice(start, scanner.end), into)
    else {
      const row = this.#decodeRow(fields, starts, ends, this.#fault)
      if (this.#fault.failed) {
        const { reason, detail } = this.#namedFault(fields, starts, ends)
        this.#addBadRow(reason, detail, bytes.slice(start, scanner.end), into)
      } else {
        into.offsets[into.values.length] = this.#at
        into.values.push(row)
      }
    }
    this.#moveBehindRow(scanner.next - start, scanner.innerLines + (scanner.next > scanner.end ? 1 : 0))
  }

  #rowReason(bytes: Uint8Array, start: number): RowReason | undefined {
    const scanner = this.#scanner
    const { dialect, fieldCount } = this.#layout
    if (scanner.hasHighBytes && !isUtf8(bytes, start, scanner.end)) return 'UTF8_INVALID'
    if (scanner.fieldCount !== fieldCount) return scanner.fieldCount < fieldCount ? 'FIELDS_MISSING' : 'FIELDS_EXTRA'
    if (scanner.end - start > dialect.maxFieldBytes) {
      for (let i = 0; i < fieldCount; i++) {
        if (scanner.ends[i]! - scanner.starts[i]! > dialect.maxFieldBytes) return 'FIELD_TOO_LONG'
      }
    }
    return undefined
  }

  /** Reads the row at `start` and those behind it that have doubled quotes too. */
  #readQuotedRows(bytes: Uint8Array, start: number, end: number, isLast: boolean, into: ParsedRows<Row>): number {
    const scanner = this.#scanner
    const mostRows = into.offsets.length - Math.max(into.values.length, into.badRows.length)
    let rows = 0
    let p = start
    // A call of csv-parse costs as much as seven rows, so rows go there together.
    do {
      rows++
      p = scanner.next
    } while (rows < mostRows && p < end && scanner.scan(bytes, p, end, isLast) === 'row' && scanner.hasDoubledQuotes)
    const split = splitQuotedRows(bytes.subarray(start, p), this.#layout.dialect)
    if (split.length !== rows) throw disagreement(rows, split.length, this.#lineAt)
    let at = start
    for (const fields of split) {
      scanner.scan(bytes, at, end, isLast)
      const row = this.#splitRow
      row.set(fields)
      this.#takeRow(bytes, at, row.bytes, row.starts, row.ends, into)
      at = scanner.next
    }
    return at
  }

  #finishRejected(
    line: RejectedLine,
    bytes: Uint8Array,
    start: number,
    end: number,
    isLast: boolean,
    into: ParsedRows<Row>,
  ): number {
    const stop = line.take(bytes, start, end, isLast)
    if (line.isComplete) {
      this.#rejected = undefined
      this.#addBadRow(line.reason, this.#describe(line.reason), line.bytes, into)
      this.#moveBehindRow(line.length, line.hasLineEnd ? 1 : 0)
    }
    return stop
  }

  #addBadRow(reason: RowReason, detail: string, bytes: Uint8Array, into: ParsedRows<Row>): void {
    into.badRows.push({ reason, detail, offset: this.#at, line: this.#lineAt, bytes })
  }

  /** The row's first fault, with the name of its column. */
  #namedFault(bytes: Uint8Array, starts: Int32Array, ends: Int32Array): { reason: RowReason; detail: string } {
    const fault = this.#fault
    const first = { reason: fault.reason, detail: fault.detail }
    for (const { header, field, decoder } of this.#layout.columns) {
      fault.clear()
      decoder.decode(bytes, starts[field]!, ends[field]!, fault)
      if (fault.failed) {
        fault.clear()
        return { reason: fault.reason, detail: `column "${header}" ${fault.detail}` }
      }
    }
    return first
  }

  #describe(reason: RowReason): string {
    return describeReason(reason, this.#layout, this.#scanner.fieldCount)
  }

  #moveBehindRow(bytes: number, lines: number): void {
    this.offset = this.#at += bytes
    this.line = this.#lineAt += lines
  }
}

function disagreement(scanned: number, split: number, line: number): StreamError {
  return new StreamError(
    'CSV_PARSERS_DISAGREE',
    `csv-parse found ${split} rows where ${scanned} end, from line ${line} on. This is a defect of @rtp/source-csv: please report it with the line.`,
  )
}
