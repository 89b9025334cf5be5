import { CARRIAGE_RETURN, type Dialect, LINE_FEED } from './dialect.ts'

/** What a scan of one row found. */
export type Scan =
  /** `end`, `next` and the fields are set. */
  | 'row'
  /** The row goes on behind the bytes that are there. */
  | 'more'
  | 'QUOTE_INVALID'
  | 'QUOTE_NOT_CLOSED'
  | 'ROW_TOO_LONG'

/**
 * Finds the end of one row and of each of its fields by RFC 4180: a row ends at LF, CRLF or CR; a field that begins with a quote ends at
 * the next quote that is not doubled, and delimiters and line ends in between belong to it.
 *
 * The verdict depends on the row's own bytes alone, never on how much of the file happened to be in memory: it looks at no byte behind
 * the longest row that is allowed, and says 'more' only where another byte could change the answer.
 */
export class RowScanner {
  /** Where each field begins, behind its opening quote. Only the first `keptFields` are kept. */
  readonly starts: Int32Array
  /** Where each field ends, before its closing quote. */
  readonly ends: Int32Array
  fieldCount = 0
  /** Where the row ends, before its line end. */
  end = 0
  /** Where the next row begins. */
  next = 0
  /** True when some byte is not ASCII. */
  hasHighBytes = false
  /** True when some quoted field has doubled quotes in it, so that its text is no run of bytes. */
  hasDoubledQuotes = false
  /** Line ends inside quoted fields. */
  innerLines = 0

  readonly #delimiter: number
  readonly #quote: number
  readonly #maxRowBytes: number
  readonly #keptFields: number
  /** 1 for the bytes that can end a field without quotes. */
  readonly #endsField = new Uint8Array(256)

  constructor(dialect: Dialect, keptFields: number) {
    this.starts = new Int32Array(keptFields)
    this.ends = new Int32Array(keptFields)
    this.#delimiter = dialect.delimiter
    this.#quote = dialect.quote
    this.#maxRowBytes = dialect.maxRowBytes
    this.#keptFields = keptFields
    for (const byte of [dialect.delimiter, LINE_FEED, CARRIAGE_RETURN]) this.#endsField[byte] = 1
    if (dialect.quote >= 0) this.#endsField[dialect.quote] = 1
  }

  /** Scans the row that begins at `start`; `isLast` says that the file ends at `end`. */
  scan(bytes: Uint8Array, start: number, end: number, isLast: boolean): Scan {
    const { starts, ends } = this
    const endsField = this.#endsField
    const delimiter = this.#delimiter
    const quote = this.#quote
    const kept = this.#keptFields
    const window = Math.min(end, start + this.#maxRowBytes + 1)
    let p = start
    let fields = 0
    let high = 0
    this.hasDoubledQuotes = false
    this.innerLines = 0
    for (;;) {
      if (p < window && bytes[p] === quote) {
        const close = this.#closingQuote(bytes, p + 1, window)
        if (close < 0) return this.#atWindowEnd(start, window, isLast) === 'row' ? 'QUOTE_NOT_CLOSED' : this.#verdict
        high |= this.#quotedHigh
        if (fields < kept) {
          starts[fields] = p + 1
          ends[fields] = close
        }
        p = close + 1
      } else {
        const from = p
        let byte = 0
        while (p < window && endsField[(byte = bytes[p]!)] === 0) {
          high |= byte
          p++
        }
        if (fields < kept) {
          starts[fields] = from
          ends[fields] = p
        }
      }
      fields++
      if (p >= window) {
        if (this.#atWindowEnd(start, window, isLast) !== 'row') return this.#verdict
        this.next = p
        break
      }
      const byte = bytes[p]
      if (byte === delimiter) {
        p++
        continue
      }
      if (byte === LINE_FEED) {
        this.next = p + 1
        break
      }
      // Behind a closing quote, or a quote in the middle of a field.
      if (byte !== CARRIAGE_RETURN) return 'QUOTE_INVALID'
      if (p + 1 < end) this.next = bytes[p + 1] === LINE_FEED ? p + 2 : p + 1
      else if (isLast) this.next = p + 1
      else return 'more'
      break
    }
    this.fieldCount = fields
    this.end = p
    this.hasHighBytes = high > 127
    return 'row'
  }

  #verdict: Scan = 'row'
  #quotedHigh = 0

  #atWindowEnd(start: number, window: number, isLast: boolean): Scan {
    return (this.#verdict = window === start + this.#maxRowBytes + 1 ? 'ROW_TOO_LONG' : isLast ? 'row' : 'more')
  }

  /** The closing quote of the field whose text begins at `from`; -1 when it is not in the window. */
  #closingQuote(bytes: Uint8Array, from: number, window: number): number {
    const quote = this.#quote
    let high = 0
    for (let p = from; p < window; p++) {
      const byte = bytes[p]!
      if (byte === quote) {
        if (p + 1 < window && bytes[p + 1] === quote) {
          this.hasDoubledQuotes = true
          p++
          continue
        }
        this.#quotedHigh = high
        return p
      }
      high |= byte
      // CRLF is one line end, counted at its LF.
      if (byte === LINE_FEED || (byte === CARRIAGE_RETURN && bytes[p + 1] !== LINE_FEED)) this.innerLines++
    }
    return -1
  }
}
