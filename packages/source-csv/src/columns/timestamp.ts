import { StreamError } from '@rtp/stream-core/extend'
import type { Column, FieldDecoder } from './column.ts'
import { type EpochUnit, parseEpochTime } from './epoch-time.ts'
import type { FieldFault } from './field-fault.ts'
import { TimestampParser, type TimeZone, zoneOffsetMs } from './timestamp-parser.ts'

export interface TimestampFormat {
  /** The zone of times that name none: `utc` (default) or a fixed offset such as `+02:00`. */
  readonly zone?: TimeZone
  /** Set for numbers since 1970, which are never guessed. Default: ISO 8601 text. */
  readonly unit?: EpochUnit
}

export interface TimestampOptions extends TimestampFormat {
  /** Times before this are bad rows, epoch ms: one wrong year must not move a watermark. Default: no bound. */
  readonly earliestMs?: number
  /** Times after this are bad rows, epoch ms; a function is asked again when a time exceeds what it said before. Default: no bound. */
  readonly latestMs?: number | (() => number)
}

/**
 * A column of times, as epoch milliseconds: ISO 8601 with or without zone, also with a space for the `T`; by `unit`, seconds or
 * milliseconds since 1970.
 */
export function timestamp(header?: string, options: TimestampOptions = {}): Column<number> {
  const { earliestMs = Number.NEGATIVE_INFINITY, latestMs } = options
  // A wrong zone is found where it is written, not when the first file is opened.
  timestampParser(options)
  return {
    header,
    decoder() {
      const decoder = new TimestampDecoder(timestampParser(options), options.unit)
      if (options.earliestMs === undefined && latestMs === undefined) return decoder
      return new BoundedTimestampDecoder(decoder, earliestMs, latestMs ?? Number.POSITIVE_INFINITY)
    },
  }
}

/**
 * Epoch milliseconds of one time, by the rules of a `timestamp` column; NaN for what is not such a time.
 *
 *     parseTimestamp('2025-03-01 12:00:00')                        // 1740830400000
 *     parseTimestamp('1740830400.5', { unit: 'seconds' })          // 1740830400500
 */
export function parseTimestamp(text: string, format: TimestampFormat = {}): number {
  const bytes = new TextEncoder().encode(text)
  if (format.unit !== undefined) return parseEpochTime(bytes, 0, bytes.length, format.unit)
  return timestampParser(format).parse(bytes, 0, bytes.length)
}

function timestampParser(format: TimestampFormat): TimestampParser {
  const { zone = 'utc' } = format
  if (Number.isNaN(zoneOffsetMs(zone))) {
    throw new StreamError(
      'CSV_OPTION_INVALID',
      `zone "${zone}" of a timestamp is no zone. Use 'utc' or an offset like '+02:00'; names like Europe/Berlin are not supported, because a local time is ambiguous when clocks go back.`,
    )
  }
  return new TimestampParser(zone)
}

class TimestampDecoder implements FieldDecoder<number> {
  readonly #parser: TimestampParser
  readonly #unit: EpochUnit | undefined

  constructor(parser: TimestampParser, unit: EpochUnit | undefined) {
    this.#parser = parser
    this.#unit = unit
  }

  decode(bytes: Uint8Array, start: number, end: number, fault: FieldFault): number {
    const unit = this.#unit
    const time = unit === undefined ? this.#parser.parse(bytes, start, end) : parseEpochTime(bytes, start, end, unit)
    if (Number.isNaN(time)) {
      if (start === end) fault.set('FIELD_EMPTY', 'is empty')
      else fault.set('TIMESTAMP_INVALID', whatIsWrong(bytes, start, end, unit))
    }
    return time
  }
}

class BoundedTimestampDecoder implements FieldDecoder<number> {
  readonly #decoder: TimestampDecoder
  readonly #earliestMs: number
  readonly #latest: number | (() => number)
  #latestMs = Number.NEGATIVE_INFINITY

  constructor(decoder: TimestampDecoder, earliestMs: number, latest: number | (() => number)) {
    this.#decoder = decoder
    this.#earliestMs = earliestMs
    this.#latest = latest
  }

  decode(bytes: Uint8Array, start: number, end: number, fault: FieldFault): number {
    const time = this.#decoder.decode(bytes, start, end, fault)
    if (time < this.#earliestMs) fault.set('TIMESTAMP_OUT_OF_RANGE', 'is earlier than the column allows')
    if (time > this.#latestMs) {
      this.#latestMs = typeof this.#latest === 'number' ? this.#latest : this.#latest()
      if (time > this.#latestMs) fault.set('TIMESTAMP_OUT_OF_RANGE', 'is later than the column allows')
    }
    return time
  }
}

function whatIsWrong(bytes: Uint8Array, start: number, end: number, unit: EpochUnit | undefined): string {
  if (unit !== undefined) return `is not a number of ${unit} since 1970`
  for (let p = start; p < end; p++) {
    const byte = bytes[p]!
    if ((byte < 48 || byte > 57) && byte !== 46) return 'is not an ISO 8601 time'
  }
  return "is a bare number, not an ISO 8601 time; declare unit: 'seconds' or 'milliseconds' if it counts from 1970"
}
