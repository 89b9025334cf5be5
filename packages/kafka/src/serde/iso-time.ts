/** `2025-01-31T23:59:59.123Z`: the form that Date writes, and the only one that is read and written without a text in between. */
const FIXED_LENGTH = 24
/** Of these the date with the T. */
const DATE_LENGTH = 11

/** Reads and writes ISO 8601 times; remembers the last day, because times of a stream mostly share it. */
export class IsoTimes {
  readonly #readDate = Buffer.alloc(DATE_LENGTH)
  #readDayMs = Number.NaN
  #writtenDay = Number.NaN
  readonly #writtenDate = Buffer.alloc(DATE_LENGTH)

  /** Epoch ms of the fixed form at `at`; NaN when it is another form or no time, which `parseIsoTime` decides. */
  read(bytes: Buffer, at: number): number {
    if (at + FIXED_LENGTH > bytes.length) return Number.NaN
    const readDate = this.#readDate
    let index = 0
    while (index < DATE_LENGTH && bytes[at + index] === readDate[index]) index++
    if (index < DATE_LENGTH && !this.#readNewDate(bytes, at)) return Number.NaN
    const hour = twoDigitsAt(bytes, at + 11)
    const minute = twoDigitsAt(bytes, at + 14)
    const second = twoDigitsAt(bytes, at + 17)
    const hundredths = twoDigitsAt(bytes, at + 20)
    const thousandth = bytes[at + 22]! - ZERO
    // What is not a digit makes one of these NaN or too large, and a comparison false.
    const isTime = hour <= 23 && minute <= 59 && second <= 59 && hundredths <= 99 && thousandth >= 0 && thousandth <= 9
    if (!isTime || bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return Number.NaN
    if (bytes[at + 19] !== POINT || bytes[at + 23] !== UTC) return Number.NaN
    return this.#readDayMs + (hour * 60 + minute) * 60_000 + second * 1_000 + hundredths * 10 + thousandth
  }

  #readNewDate(bytes: Buffer, at: number): boolean {
    const year = twoDigitsAt(bytes, at) * 100 + twoDigitsAt(bytes, at + 2)
    const dayMs = startOfDay(year, twoDigitsAt(bytes, at + 5), twoDigitsAt(bytes, at + 8))
    if (Number.isNaN(dayMs) || bytes[at + 4] !== DASH || bytes[at + 7] !== DASH || bytes[at + 10] !== T) return false
    this.#readDayMs = dayMs
    bytes.copy(this.#readDate, 0, at, at + DATE_LENGTH)
    return true
  }

  /** Writes the fixed form and returns the position behind it; -1 without room, NaN for a time outside of the years 0 to 9999. */
  write(timeMs: number, bytes: Buffer, at: number): number {
    if (at + FIXED_LENGTH > bytes.length) return -1
    if (!(timeMs >= YEAR_0_MS && timeMs < YEAR_10000_MS)) return Number.NaN
    const whole = Math.floor(timeMs)
    const day = Math.floor(whole / DAY_MS)
    if (day !== this.#writtenDay) {
      this.#writtenDay = day
      this.#writtenDate.write(new Date(day * DAY_MS).toISOString().slice(0, DATE_LENGTH), 'latin1')
    }
    for (let index = 0; index < DATE_LENGTH; index++) bytes[at + index] = this.#writtenDate[index]!
    const rest = whole - day * DAY_MS
    const seconds = Math.floor(rest / 1_000)
    const millisecond = rest - seconds * 1_000
    twoDigits(bytes, at + 11, Math.floor(seconds / 3_600))
    bytes[at + 13] = COLON
    twoDigits(bytes, at + 14, Math.floor(seconds / 60) % 60)
    bytes[at + 16] = COLON
    twoDigits(bytes, at + 17, seconds % 60)
    bytes[at + 19] = POINT
    bytes[at + 20] = ZERO + Math.floor(millisecond / 100)
    twoDigits(bytes, at + 21, millisecond % 100)
    bytes[at + 23] = UTC
    return at + FIXED_LENGTH
  }
}

/**
 * Epoch ms of an ISO 8601 time with a zone (`Z` or an offset); seconds may have 1 to 9 decimals, of which three count. NaN for anything
 * else: without a zone it would mean another moment on another machine.
 */
export function parseIsoTime(text: string): number {
  const match = ISO_TIME.exec(text)
  if (!match) return Number.NaN
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match as unknown as readonly string[]
  const dayMs = startOfDay(Number(year), Number(month), Number(day))
  const time = [Number(hour), Number(minute), Number(second)] as const
  if (time[0] > 23 || time[1] > 59 || time[2] > 59) return Number.NaN
  const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const utc = dayMs + ((time[0] * 60 + time[1]) * 60 + time[2]) * 1_000 + millisecond
  if (zone === 'Z' || zone === 'z') return utc
  const zoneHour = Number(zone!.slice(1, 3))
  const zoneMinute = Number(zone!.slice(-2))
  if (zoneHour > 23 || zoneMinute > 59) return Number.NaN
  const offsetMs = (zoneHour * 60 + zoneMinute) * 60_000
  return zone![0] === '-' ? utc + offsetMs : utc - offsetMs
}

const ISO_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)$/

const DAY_MS = 86_400_000
const YEAR_0_MS = Date.parse('0000-01-01T00:00:00Z')
const YEAR_10000_MS = Date.parse('+010000-01-01T00:00:00Z')
const ZERO = 48
const COLON = 58
const POINT = 46
const UTC = 90
const DASH = 45
const T = 84

/** NaN when there is no such day. */
function startOfDay(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : Number.NaN
}

function twoDigits(bytes: Buffer, at: number, value: number): void {
  const tens = Math.floor(value / 10)
  bytes[at] = ZERO + tens
  bytes[at + 1] = ZERO + value - tens * 10
}

/** The number of two digits; NaN when they are not both digits. */
function twoDigitsAt(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO
  const ones = bytes[at + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
