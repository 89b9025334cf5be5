import { describeValue, expected, type Scalar, ValueFault } from './scalar.ts'

/** Microseconds since 2000-01-01 UTC; the ends of the range stand for the infinities (timestamp.h). */
type Micros = bigint

export const timestamptz: Scalar<Micros> = timestampScalar('timestamptz', 1184, 1185, '+00')
/** Without zone: the UTC clock's reading at that instant. */
export const timestamp: Scalar<Micros> = timestampScalar('timestamp', 1114, 1115, '')

/** Days since 2000-01-01: from epoch ms or a Date (its day in UTC), or from text such as 2024-02-29. */
export const date: Scalar<number> = {
  name: 'date',
  oid: 1082,
  arrayOid: 1182,
  prepare: toDays,
  size: () => 4,
  put: (target, at, days) => target.view.setInt32(at, days),
  text: days => (days === MAX_INT4 ? 'infinity' : days === MIN_INT4 ? '-infinity' : dayText(days)),
}

/** Epoch milliseconds of 2000-01-01, where PostgreSQL counts from. */
export const POSTGRES_EPOCH_MS = 946_684_800_000

/** Fractions of a millisecond are kept to the microsecond. */
export function toMicros(value: unknown, type: string): Micros {
  const ms = value instanceof Date ? value.getTime() : value
  if (typeof ms !== 'number') throw expected('epoch milliseconds or a Date', value)
  if (Number.isNaN(ms)) throw new ValueFault(`takes a time, got ${describeValue(value)}`)
  if (ms === Number.POSITIVE_INFINITY) return INFINITY_MICROS
  if (ms === Number.NEGATIVE_INFINITY) return MINUS_INFINITY_MICROS
  const sinceEpoch = ms - POSTGRES_EPOCH_MS
  // Doubles are exact enough within 285 years of 2000; the loop of load-columns.ts counts the same way.
  if (Math.abs(sinceEpoch) < 9e12) return BigInt(Math.round(sinceEpoch * 1000))
  const whole = Math.floor(ms)
  const fraction = Math.round((ms - whole) * 1000)
  if (Math.abs(whole) < 1e17) {
    const micros = BigInt(whole - POSTGRES_EPOCH_MS) * 1000n + BigInt(fraction)
    if (micros >= FIRST_MICROS && micros < END_MICROS) return micros
  }
  throw new ValueFault(`takes ${type}, got a time outside 4714-11-24 BC .. 294276-12-31`)
}

/** Days since 2000-01-01, floored. */
export function toDays(value: unknown): number {
  if (typeof value === 'string') return daysOfText(value)
  const ms = value instanceof Date ? value.getTime() : value
  if (typeof ms !== 'number') throw expected('epoch milliseconds, a Date or text such as 2024-02-29', value)
  if (ms === Number.POSITIVE_INFINITY) return MAX_INT4
  if (ms === Number.NEGATIVE_INFINITY) return MIN_INT4
  return checkDays(Math.floor((ms - POSTGRES_EPOCH_MS) / DAY_MS), value)
}

const DAY_MS = 86_400_000
const DAY_MICROS = 86_400_000_000n
const MAX_INT4 = 2_147_483_647
const MIN_INT4 = -2_147_483_648
const INFINITY_MICROS = 9_223_372_036_854_775_807n
const MINUS_INFINITY_MICROS = -9_223_372_036_854_775_808n
// timestamp.h and date.h: MIN_TIMESTAMP, END_TIMESTAMP, DATETIME_MIN_JULIAN and DATE_END_JULIAN less the Julian day of 2000-01-01.
const FIRST_MICROS = -211_813_488_000_000_000n
const END_MICROS = 9_223_371_331_200_000_000n
const FIRST_DAY = -2_451_545
const END_DAY = 2_145_031_949

function timestampScalar(
  name: 'timestamp' | 'timestamptz',
  oid: number,
  arrayOid: number,
  zone: string,
): Scalar<Micros> {
  return {
    name,
    oid,
    arrayOid,
    prepare: value => toMicros(value, name),
    size: () => 8,
    put: (target, at, micros) => target.view.setBigInt64(at, micros),
    text(micros) {
      if (micros === INFINITY_MICROS) return 'infinity'
      if (micros === MINUS_INFINITY_MICROS) return '-infinity'
      let days = micros / DAY_MICROS
      if (days * DAY_MICROS > micros) days -= 1n
      const ofDay = Number(micros - days * DAY_MICROS)
      const seconds = Math.floor(ofDay / 1e6)
      const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
        .map(n => pad(n, 2))
        .join(':')
      const [day, era] = dayText(Number(days)).split(' ')
      return `${day} ${clock}.${pad(ofDay % 1e6, 6)}${zone}${era === undefined ? '' : ` ${era}`}`
    },
  }
}

function checkDays(days: number, value: unknown): number {
  if (days >= FIRST_DAY && days < END_DAY) return days
  throw new ValueFault(
    Number.isNaN(days)
      ? `takes a date, got ${describeValue(value)}`
      : 'takes date, got a day outside 4714-11-24 BC .. 5874897-12-31',
  )
}

function daysOfText(value: string): number {
  const match = /^(\d{4,7})-(\d\d)-(\d\d)$/.exec(value)
  if (match === null) throw new ValueFault('takes a date as text of the form 2024-02-29')
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const days = daysFromCivil(year, month, day)
  if (year === 0 || dayText(days) !== `${pad(year, 4)}-${match[2]}-${match[3]}`) {
    throw new ValueFault('takes a date, got a day that the calendar does not have')
  }
  return checkDays(days, value)
}

/** The Gregorian calendar in eras of 400 years that begin on 1 March (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - DAYS_TO_2000
}

/** From 0000-03-01 to 2000-01-01. */
const DAYS_TO_2000 = 730_425

function dayText(days: number): string {
  const shifted = days + DAYS_TO_2000
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const shown = year > 0 ? year : 1 - year
  return `${pad(shown, 4)}-${pad(month, 2)}-${pad(day, 2)}${year > 0 ? '' : ' BC'}`
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
