import type { EventTimeForm } from '../config/pipeline-config.ts'

/** Epoch milliseconds of the text of a time; NaN for what is none in the declared form. What is finer than a millisecond is cut off. */
export type ReadTime = (text: string) => number

/** The verification's own reading of times, by a regular expression and the calendar of `Date`. */
export function timeReader(form: EventTimeForm): ReadTime {
  if (form === 'iso8601') return readIsoTime
  return text => readEpochTime(text, form === 'epoch-seconds' ? 3 : 0)
}

const ISO_TIME =
  /^[ \t]*(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?[ \t]*$/

function readIsoTime(text: string): number {
  const found = ISO_TIME.exec(text)
  if (found === null) return Number.NaN
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    ,
    sign,
    zoneHour = '0',
    zoneMinute = '0',
  ] = found
  const date = new Date(0)
  const dayMs = date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return Number.NaN
  if (Number(minute) > 59 || Number(second) > 59 || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return Number.NaN
  const timeMs =
    ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
  // 24:00 is the end of the day, and nothing is behind it.
  if (timeMs > 86_400_000) return Number.NaN
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000
  return dayMs + timeMs - (sign === '-' ? -zoneMs : zoneMs)
}

/** Moves the decimal point by `places` in the text, so that 1.001 s is 1001 ms without a rounding in between. */
function readEpochTime(text: string, places: number): number {
  const found = /^[ \t]*([+-]?)(\d+)(?:\.(\d+))?[ \t]*$/.exec(text)
  if (found === null) return Number.NaN
  const [, sign, whole, fraction = ''] = found
  const ms = Number(whole + fraction.slice(0, places).padEnd(places, '0'))
  const isCut = /[1-9]/.test(fraction.slice(places))
  if (ms > 8.64e15) return Number.NaN
  return sign === '-' ? 0 - ms - Number(isCut) : ms
}
