/** What a time without a zone of its own means. */
export type TimeZone = 'utc' | `+${string}` | `-${string}`

/**
 * Reads ISO 8601 times from bytes: `YYYY-MM-DD`, then `T` or a space, `HH:MM[:SS[.f...]]`, then nothing, `Z`, `±HH`, `±HHMM` or
 * `±HH:MM`. The date alone means midnight. Digits behind the milliseconds are cut off.
 *
 * Days repeat, so the last one is kept: a time of the same day costs a few additions.
 */
export class TimestampParser {
  /** What is subtracted from a time that has no zone. */
  readonly #zoneMs: number
  #day = -1
  #dayMs = Number.NaN

  constructor(zone: TimeZone = 'utc') {
    this.#zoneMs = zoneOffsetMs(zone)
  }

  /** Epoch milliseconds, NaN for anything that is not such a time. */
  parse(bytes: Uint8Array, start: number, end: number): number {
    let from = start
    let to = end
    while (from < to && isBlank(bytes[from]!)) from++
    while (to > from && isBlank(bytes[to - 1]!)) to--
    if (to - from < 10 || bytes[from + 4] !== DASH || bytes[from + 7] !== DASH) return Number.NaN
    const dayMs = this.#dayAt(bytes, from)
    let p = from + 10
    if (p === to) return dayMs - this.#zoneMs
    const separator = bytes[p]!
    if ((separator !== UPPER_T && separator !== SPACE && separator !== LOWER_T) || to - p < 6) return Number.NaN
    const hours = twoDigits(bytes, p + 1)
    const minutes = twoDigits(bytes, p + 4)
    if (bytes[p + 3] !== COLON || hours > 24 || minutes > 59 || hours < 0 || minutes < 0) return Number.NaN
    let timeMs = (hours * 60 + minutes) * 60_000
    p += 6
    if (p < to && bytes[p] === COLON) {
      const seconds = to - p < 3 ? -1 : twoDigits(bytes, p + 1)
      if (seconds < 0 || seconds > 59) return Number.NaN
      timeMs += seconds * 1000
      p += 3
      if (p < to && (bytes[p] === POINT || bytes[p] === COMMA)) {
        const fractionAt = ++p
        let digit = 0
        let weight = 100
        while (p < to && (digit = bytes[p]! - ZERO) >= 0 && digit <= 9) {
          timeMs += digit * weight
          weight = weight === 100 ? 10 : weight === 10 ? 1 : 0
          p++
        }
        if (p === fractionAt) return Number.NaN
      }
    }
    // ISO 8601 writes the end of a day as 24:00.
    if (timeMs > DAY_MS || (hours === 24 && timeMs !== DAY_MS)) return Number.NaN
    if (p === to) return dayMs + timeMs - this.#zoneMs
    return dayMs + timeMs - zoneAt(bytes, p, to)
  }

  #dayAt(bytes: Uint8Array, at: number): number {
    const century = twoDigits(bytes, at)
    const year = twoDigits(bytes, at + 2)
    const month = twoDigits(bytes, at + 5)
    const day = twoDigits(bytes, at + 8)
    if (century < 0 || year < 0 || month < 0 || day < 0) return Number.NaN
    const key = ((century * 100 + year) * 100 + month) * 100 + day
    if (key !== this.#day) {
      this.#day = key
      this.#dayMs = midnight(century * 100 + year, month, day)
    }
    return this.#dayMs
  }
}

/** Milliseconds by which a zone is ahead of UTC; NaN unless it is `utc`, `Z` or `±HH:MM`. */
export function zoneOffsetMs(zone: string): number {
  if (zone === 'utc') return 0
  const bytes = new TextEncoder().encode(zone)
  return bytes.length === 0 ? Number.NaN : zoneAt(bytes, 0, bytes.length)
}

const DAY_MS = 86_400_000
const SPACE = 32
const PLUS = 43
const COMMA = 44
const DASH = 45
const POINT = 46
const ZERO = 48
const COLON = 58
const UPPER_T = 84
const UPPER_Z = 90
const LOWER_T = 116
const LOWER_Z = 122

/** The number that two digits make; negative for anything else. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - ZERO
  const ones = bytes[at + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

function zoneAt(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at]!
  const length = end - at
  if (sign === UPPER_Z || sign === LOWER_Z) return length === 1 ? 0 : Number.NaN
  if ((sign !== PLUS && sign !== DASH) || (length !== 3 && length !== 5 && length !== 6)) return Number.NaN
  const hours = twoDigits(bytes, at + 1)
  if (length === 6 && bytes[at + 3] !== COLON) return Number.NaN
  const minutes = length === 3 ? 0 : twoDigits(bytes, end - 2)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN
  const offsetMs = (hours * 60 + minutes) * 60_000
  return sign === PLUS ? offsetMs : -offsetMs
}

/** The start of a day in UTC; NaN for a day that no calendar has. */
function midnight(year: number, month: number, day: number): number {
  // Date.UTC would take the years 0-99 for 1900-1999.
  const date = new Date(0)
  const time = date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? time : Number.NaN
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 9
}
