import { writeText } from '@rtp/kafka-protocol'
import { kafkaError } from '../errors.ts'
import { IsoTimes, parseIsoTime } from './iso-time.ts'
import { plainStringEnd, plainValueEnd, type Scan, scanNumber, startsWith } from './json-scan.ts'
import { writeNumber, writeString } from './json-write.ts'
import type { RecordFault, RecordFaultReason } from './record-fault.ts'

/** What a member of a JSON object holds. A value without state. */
export interface JsonField<T> {
  /** True when the member may be missing or null; it is `undefined` then. */
  readonly isOptional: boolean
  reader(): JsonFieldReader<T>
  writer(): JsonFieldWriter<T>
}

export interface JsonFieldWriter<T> {
  /** As a FieldWriter; never called with `undefined`. A method, so that fields of any type fit into one shape. */
  write(value: T, bytes: Buffer, at: number): number
}

export interface JsonFieldReader<T> {
  /** The value at `start`, straight from the bytes; `scan.end` is the position behind it, or -1 for what `check` is to decide. */
  scan(bytes: Buffer, start: number, end: number, scan: Scan): T
  /** The value as JSON.parse gives it; `raw` is its text. */
  check(value: unknown, raw: () => string, name: string, fault: RecordFault): T
}

/** The kinds of members for `json({ ... })`. */
export const field = {
  /** A safe integer. */
  integer: (): JsonField<number> =>
    numeric('INTEGER_INVALID', 'an integer between -2^53 and 2^53', Number.isSafeInteger),
  /** A finite number. */
  number: (): JsonField<number> => numeric('NUMBER_INVALID', 'a finite number', Number.isFinite),
  text: (): JsonField<string> => textField,
  boolean: (): JsonField<boolean> => booleanField,
  /** A time in ISO 8601 with zone, as epoch milliseconds; written in UTC. */
  isoTime: (): JsonField<number> => isoTimeField,
  /** Any JSON, kept as its text, exactly as it is in the message. What is written must be valid JSON. */
  rawJson: (): JsonField<string> => rawJsonField,
  /** Any JSON, parsed. */
  json: <T = unknown>(): JsonField<T> => parsedField<T>(),
  /** A member that may be missing or null. */
  optional: <T>(inner: JsonField<T>): JsonField<T | undefined> => ({
    isOptional: true,
    reader: () => inner.reader(),
    writer: () => inner.writer(),
  }),
} as const

function numeric(reason: RecordFaultReason, wanted: string, isValid: (value: unknown) => boolean): JsonField<number> {
  return {
    isOptional: false,
    reader: () => ({
      scan(bytes, start, _end, scan) {
        const value = scanNumber(bytes, start, scan)
        if (!isValid(value)) scan.end = -1
        return value
      },
      check(value, _raw, name, fault) {
        if (isValid(value)) return value as number
        fault.set(reason, `field ${name} is not ${wanted}`)
        return Number.NaN
      },
    }),
    writer: () => ({
      write(value, bytes, at) {
        if (!isValid(value)) throw kafkaError('KAFKA_VALUE_INVALID', `${describe(value)} is not ${wanted}.`)
        return writeNumber(value, bytes, at)
      },
    }),
  }
}

const textField: JsonField<string> = {
  isOptional: false,
  reader: () => ({
    scan(bytes, start, end, scan) {
      scan.end = plainStringEnd(bytes, start, end)
      return scan.end < 0 ? '' : bytes.toString('latin1', start + 1, scan.end - 1)
    },
    check(value, _raw, name, fault) {
      if (typeof value === 'string') return value
      fault.set('TEXT_INVALID', `field ${name} is not a text`)
      return ''
    },
  }),
  writer: () => ({
    write(value, bytes, at) {
      if (typeof value !== 'string') throw kafkaError('KAFKA_VALUE_INVALID', `${describe(value)} is not a text.`)
      return writeString(value, bytes, at)
    },
  }),
}

const booleanField: JsonField<boolean> = {
  isOptional: false,
  reader: () => ({
    scan(bytes, start, end, scan) {
      const isTrue = startsWith(bytes, start, end, TRUE)
      scan.end = isTrue ? start + 4 : startsWith(bytes, start, end, FALSE) ? start + 5 : -1
      return isTrue
    },
    check(value, _raw, name, fault) {
      if (typeof value === 'boolean') return value
      fault.set('BOOLEAN_INVALID', `field ${name} is neither true nor false`)
      return false
    },
  }),
  writer: () => ({ write: (value, bytes, at) => writeText(value ? 'true' : 'false', bytes, at) }),
}

const isoTimeField: JsonField<number> = {
  isOptional: false,
  reader() {
    const times = new IsoTimes()
    return {
      scan(bytes, start, end, scan) {
        const value = times.read(bytes, start + 1)
        const isFixedForm =
          start + 26 <= end && bytes[start] === QUOTE && bytes[start + 25] === QUOTE && !Number.isNaN(value)
        scan.end = isFixedForm ? start + 26 : -1
        return value
      },
      check(value, _raw, name, fault) {
        const time = typeof value === 'string' ? parseIsoTime(value) : Number.NaN
        if (Number.isNaN(time))
          fault.set(
            'TIMESTAMP_INVALID',
            `field ${name} is not an ISO 8601 time with zone, e.g. 2025-01-31T23:59:59.123Z`,
          )
        return time
      },
    }
  },
  writer() {
    const times = new IsoTimes()
    return {
      write(value, bytes, at) {
        if (at + 26 > bytes.length) return -1
        const end = times.write(value, bytes, at + 1)
        if (Number.isNaN(end))
          throw kafkaError(
            'KAFKA_VALUE_INVALID',
            `${describe(value)} is not a time in ms between the years 0 and 9999.`,
          )
        bytes[at] = QUOTE
        bytes[end] = QUOTE
        return end + 1
      },
    }
  },
}

const rawJsonField: JsonField<string> = {
  isOptional: false,
  reader() {
    // What is kept as text is often the same for every record of a stretch: then one string serves them all.
    let last = Buffer.alloc(0)
    let lastText = ''
    return {
      scan(bytes, start, end, scan) {
        const lastEnd = start + last.length
        if (last.length > 0 && lastEnd < end && startsWith(bytes, start, end, last) && endsValue(bytes[lastEnd]!)) {
          scan.end = lastEnd
          return lastText
        }
        scan.end = bytes[start] === NULL_START ? -1 : plainValueEnd(bytes, start, end, scan)
        if (scan.end < 0) return ''
        lastText = bytes.toString('latin1', start, scan.end)
        last = Buffer.from(bytes.subarray(start, scan.end))
        return lastText
      },
      check: (_value, raw) => raw(),
    }
  },
  writer: () => ({ write: writeText }),
}

/** True where a member's value has ended: 12 is not a value in 123. */
function endsValue(behind: number): boolean {
  return behind === COMMA || behind === CLOSE_BRACE
}

function parsedField<T>(): JsonField<T> {
  return {
    isOptional: false,
    reader: () => ({
      scan(bytes, start, end, scan) {
        const valueEnd = bytes[start] === NULL_START ? -1 : plainValueEnd(bytes, start, end, scan)
        scan.end = valueEnd
        return valueEnd < 0 ? (undefined as T) : JSON.parse(bytes.toString('latin1', start, valueEnd))
      },
      check: value => value as T,
    }),
    writer: () => ({
      write(value, bytes, at) {
        const text: string | undefined = JSON.stringify(value)
        if (text === undefined) throw kafkaError('KAFKA_VALUE_INVALID', `${describe(value)} has no JSON form.`)
        return writeText(text, bytes, at)
      },
    }),
  }
}

/** Names the kind of a value, and numbers: content may be personal. */
function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : value === null ? 'null' : `a value of type ${typeof value}`
}

const QUOTE = 0x22
const COMMA = 0x2c
const CLOSE_BRACE = 0x7d
/** A null is for the check to decide: optional or a fault. */
const NULL_START = 0x6e
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
