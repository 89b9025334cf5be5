import { StreamError } from '../errors.ts'
import { DAY_MS, timeZone } from './time-zone.ts'
import { SLICES_ARE_WINDOWS } from './tumbling.ts'
import type { SlicedWindows, TimeDomain, TimeWindow } from './window-assigner.ts'

export type CalendarUnit = 'day' | 'week' | 'month' | 'year'
export type Weekday = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday'

export interface CalendarOptions {
  /** Days, weeks, months or years that a window lasts. Default 1. */
  readonly count?: number
  /** Name of the IANA time zone whose midnights count, e.g. `Europe/Berlin`; days on which clocks change have 23 or 25 hours. Default UTC. */
  readonly timeZone?: string
  /** The day on which weeks start. Default monday, as in ISO 8601. */
  readonly weekStart?: Weekday
  /**
   * A date on which a window starts, `YYYY-MM-DD`. It says on which day weeks, months and years start, and from where windows of several
   * units are counted, in both directions. A day that a month does not have is that month's last one. Default: 1970-01-01; for weeks the `weekStart`
   * of that week.
   */
  readonly start?: string
}

/** Windows by the calendar: each time belongs to exactly one. Each is one slice. */
export interface CalendarWindows extends SlicedWindows {
  readonly unit: CalendarUnit
  readonly count: number
}

/** Windows of days, weeks, months or years in a time zone. Counts as Beam's CalendarWindows, but floors before the start, too. */
export function calendar(
  unit: CalendarUnit,
  options: CalendarOptions = {},
  time: TimeDomain = 'event',
): CalendarWindows {
  const { count = 1, weekStart, start } = options
  if (!UNITS.includes(unit)) throw invalid(`the unit of a calendar window is one of ${UNITS.join(', ')}; got ${unit}.`)
  if (!Number.isSafeInteger(count) || count < 1)
    throw invalid(`the count of a calendar window is a whole number, at least 1; got ${count}.`)
  const zone = timeZone(options.timeZone ?? 'UTC')
  const periods = periodsOf(unit, count, firstDay(unit, weekStart, start))

  function find(at: number): TimeWindow {
    if (!(Math.abs(at) <= LAST_TIME))
      throw new StreamError(
        'EVENT_TIME_INVALID',
        `the calendar has no date for the time ${at}. Use epoch milliseconds.`,
      )
    let n = periods.around(Math.floor((at + zone.offsetAt(at)) / DAY_MS))
    let first = zone.startOfDay(periods.startOf(n))
    // Where the clock is set back over midnight, the date goes back by a day for a while; the window does not.
    while (at < first) first = zone.startOfDay(periods.startOf(--n))
    for (;;) {
      const end = zone.startOfDay(periods.startOf(n + 1))
      if (at < end) return { start: first, end }
      first = end
      n++
    }
  }

  const windowOf = remembered(find)
  const several = count === 1 ? unit : `${count} ${unit}s`
  return {
    name: `calendar ${several}${zone.name === 'UTC' ? '' : ` in ${zone.name}`}`,
    unit,
    count,
    time,
    merges: false,
    windowsOf: (_, at) => [windowOf(at)],
    sliceOf: windowOf,
    ...SLICES_ARE_WINDOWS,
  }
}

/** To ask Intl costs a thousand times more than to look a window up by the UTC day of the time, with which it has at most a few others. */
function remembered(find: (at: number) => TimeWindow): (at: number) => TimeWindow {
  const days = new Map<number, TimeWindow[]>()
  let last: TimeWindow = { start: 0, end: 0 }
  return at => {
    if (at >= last.start && at < last.end) return last
    const day = Math.floor(at / DAY_MS)
    let windows = days.get(day)
    if (windows === undefined) {
      if (days.size === REMEMBERED_DAYS) days.clear()
      windows = []
      days.set(day, windows)
    }
    for (const window of windows) if (at >= window.start && at < window.end) return (last = window)
    last = find(at)
    windows.push(last)
    return last
  }
}

/** Periods, numbered from the one that begins on the first day. Days are counted from 1970-01-01. */
interface Periods {
  startOf(n: number): number
  /** Number of the period that a day belongs to. */
  around(day: number): number
}

function periodsOf(unit: CalendarUnit, count: number, firstDay: number): Periods {
  if (unit === 'day' || unit === 'week') {
    const days = unit === 'day' ? count : 7 * count
    return {
      startOf: n => firstDay + n * days,
      around: day => Math.floor((day - firstDay) / days),
    }
  }
  const months = unit === 'month' ? count : 12 * count
  const dayOfMonth = new Date(firstDay * DAY_MS).getUTCDate()
  const firstMonth = monthOf(firstDay)
  const startOf = (n: number): number => dayInMonth(firstMonth + n * months, dayOfMonth)
  return {
    startOf,
    around(day) {
      const n = Math.floor((monthOf(day) - firstMonth) / months)
      return day < startOf(n) ? n - 1 : n
    },
  }
}

/** Months counted from January of the year 0. */
function monthOf(day: number): number {
  const date = new Date(day * DAY_MS)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** A day of a month, counted from 1970-01-01; the month's last one where it is shorter. */
function dayInMonth(month: number, dayOfMonth: number): number {
  const date = new Date(0)
  const last = new Date(0)
  date.setUTCFullYear(0, month, 1)
  last.setUTCFullYear(0, month + 1, 0)
  return date.getTime() / DAY_MS + Math.min(dayOfMonth, last.getUTCDate()) - 1
}

function firstDay(unit: CalendarUnit, weekStart: Weekday | undefined, start: string | undefined): number {
  if (weekStart !== undefined) {
    const at = WEEKDAYS.indexOf(weekStart)
    if (at < 0) throw invalid(`the start of a week is one of ${WEEKDAYS.join(', ')}; got ${weekStart}.`)
    if (unit !== 'week')
      throw invalid(`weekStart is for weeks; say on which date a ${unit} starts with start: 'YYYY-MM-DD'.`)
    if (start !== undefined) throw invalid('start says on which day weeks start; leave weekStart out.')
    return FIRST_MONDAY + at
  }
  if (start === undefined) return unit === 'week' ? FIRST_MONDAY : 0
  const time = /^\d{4}-\d\d-\d\d$/.test(start) ? Date.parse(start) : Number.NaN
  // Date.parse takes the 30th of February for the 2nd of March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== start)
    throw invalid(`the start of a calendar window is a date, YYYY-MM-DD; got "${start}".`)
  return time / DAY_MS
}

function invalid(message: string): StreamError {
  return new StreamError('WINDOW_INVALID', message)
}

const UNITS: readonly CalendarUnit[] = ['day', 'week', 'month', 'year']
const WEEKDAYS: readonly Weekday[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
/** Monday of the week of 1970-01-01, a Thursday. */
const FIRST_MONDAY = -3
const REMEMBERED_DAYS = 4_096
/** Dates end at 8.64e15; windows of up to some thousand years must still end before. */
const LAST_TIME = 8e15
