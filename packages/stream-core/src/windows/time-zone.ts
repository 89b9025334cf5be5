import { StreamError } from '../errors.ts'

/** Says when days begin in a time zone, by the rules that the runtime's Intl knows. */
export interface TimeZone {
  readonly name: string
  /** Local time minus UTC at an instant (epoch ms), in ms. */
  offsetAt(time: number): number
  /**
   * First instant of a local day, epoch ms. `day` counts days of the calendar from 1970-01-01. Where clocks jump over midnight it is the instant
   * of the jump, and where midnight comes twice the first one (as java.time's LocalDate.atStartOfDay).
   */
  startOfDay(day: number): number
}

/** A time zone by its IANA name, e.g. `Europe/Berlin`. Throws WINDOW_INVALID for one that is not known. */
export function timeZone(name: string): TimeZone {
  if (name === 'UTC') return { name, offsetAt: () => 0, startOfDay: day => day * DAY_MS }
  const offsetAt = offsetsOf(name)
  return { name, offsetAt, startOfDay: day => startOfDay(day * DAY_MS, offsetAt) }
}

export const DAY_MS = 86_400_000

function offsetsOf(timeZone: string): (time: number) => number {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      ...FIELDS,
    })
  } catch (cause) {
    throw new StreamError(
      'WINDOW_INVALID',
      `"${timeZone}" is no time zone. Use a name of the IANA database, e.g. Europe/Berlin.`,
      { cause },
    )
  }
  return time => {
    const whole = Math.floor(time / 1_000) * 1_000
    return localTime(format, whole) - whole
  }
}

/** The local time of an instant, read as if it were UTC. */
function localTime(format: Intl.DateTimeFormat, time: number): number {
  const parts: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(time)) parts[type] = value
  const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year'])
  const local = new Date(0)
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  local.setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']))
  return local.setUTCHours(Number(parts['hour']), Number(parts['minute']), Number(parts['second']))
}

function startOfDay(midnight: number, offsetAt: (time: number) => number): number {
  // No offset is as large as a day, so these are before and behind the midnight that is looked for.
  const before = offsetAt(midnight - DAY_MS)
  const after = offsetAt(midnight + DAY_MS)
  if (offsetAt(midnight - before) === before) return midnight - before
  if (offsetAt(midnight - after) === after) return midnight - after
  // The clock jumps over midnight: the day begins where it jumps.
  let low = midnight - DAY_MS
  let high = midnight + DAY_MS
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(middle) === before) low = middle
    else high = middle
  }
  return high
}

const FIELDS = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const
