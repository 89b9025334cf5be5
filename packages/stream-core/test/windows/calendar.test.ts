import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { type CalendarUnit, calendar } from '../../src/windows/calendar.ts'
import type { TimeWindow } from '../../src/windows/window-assigner.ts'
import { checkSlices } from './check-slices.ts'

const HOUR = 3_600_000

/** The window as local or UTC text, as far as the test needs. */
function windowOf(windows: ReturnType<typeof calendar>, time: string): string[] {
  const { start, end } = windows.windowsOf(undefined, Date.parse(time))[0]!
  return [start, end].map(at => new Date(at).toISOString().replace(':00.000Z', 'Z').replace('T00:00Z', ''))
}

const hoursOf = ({ start, end }: TimeWindow): number => (end - start) / HOUR

describe('a calendar window', () => {
  it('is a day, week, month or year in UTC', () => {
    expect(windowOf(calendar('day'), '2014-01-01T23:59:00Z')).toEqual(['2014-01-01', '2014-01-02'])
    expect(windowOf(calendar('week'), '2024-02-29T12:00:00Z')).toEqual(['2024-02-26', '2024-03-04'])
    expect(windowOf(calendar('month'), '2024-02-29T12:00:00Z')).toEqual(['2024-02-01', '2024-03-01'])
    expect(windowOf(calendar('year'), '2024-02-29T12:00:00Z')).toEqual(['2024-01-01', '2025-01-01'])
  })

  it('of before 1970 is found by flooring', () => {
    expect(windowOf(calendar('day'), '1969-12-31T23:59:59.999Z')).toEqual(['1969-12-31', '1970-01-01'])
    expect(windowOf(calendar('month', { count: 5 }), '1969-12-31T00:00:00Z')).toEqual(['1969-08-01', '1970-01-01'])
    expect(windowOf(calendar('year', { count: 100 }), '0001-06-01T00:00:00Z')).toEqual(['-000030-01-01', '0070-01-01'])
  })

  it('knows leap years', () => {
    expect(windowOf(calendar('month'), '2000-02-29T00:00:00Z')).toEqual(['2000-02-01', '2000-03-01'])
    expect(windowOf(calendar('month'), '2100-02-28T00:00:00Z')).toEqual(['2100-02-01', '2100-03-01'])
    const days = (time: string) => hoursOf(calendar('year').windowsOf(undefined, Date.parse(time))[0]!) / 24
    expect([days('2023-05-01'), days('2024-05-01'), days('2100-05-01'), days('2000-05-01')]).toEqual([
      365, 366, 365, 366,
    ])
  })

  it('of weeks starts on Monday, or on the day that is said', () => {
    const wednesday = calendar('week', { weekStart: 'wednesday' })
    expect(windowOf(wednesday, '2014-01-05T05:05:00Z')).toEqual(['2014-01-01', '2014-01-08'])
    expect(windowOf(wednesday, '2015-01-01T00:00:00Z')).toEqual(['2014-12-31', '2015-01-07'])
    expect(windowOf(calendar('week', { weekStart: 'sunday' }), '2024-03-02T23:00:00Z')).toEqual([
      '2024-02-25',
      '2024-03-03',
    ])
  })

  it('of several units is counted from its start, in both directions', () => {
    const months = calendar('month', { count: 7, start: '2014-03-05' })
    expect(windowOf(months, '2014-10-04T23:59:00Z')).toEqual(['2014-03-05', '2014-10-05'])
    expect(windowOf(months, '2014-10-05T00:00:00Z')).toEqual(['2014-10-05', '2015-05-05'])
    expect(windowOf(months, '2016-01-31T05:05:00Z')).toEqual(['2015-12-05', '2016-07-05'])
    expect(windowOf(months, '2014-03-04T00:00:00Z')).toEqual(['2013-08-05', '2014-03-05'])
    const years = calendar('year', { count: 10, start: '2000-05-05' })
    expect(windowOf(years, '2010-05-04T23:59:00Z')).toEqual(['2000-05-05', '2010-05-05'])
    expect(windowOf(years, '2052-01-05T00:00:00Z')).toEqual(['2050-05-05', '2060-05-05'])
    expect(windowOf(calendar('day', { count: 3, start: '2024-01-02' }), '2024-01-01T12:00:00Z')).toEqual([
      '2023-12-30',
      '2024-01-02',
    ])
    expect(windowOf(calendar('week', { count: 2, start: '2024-01-01' }), '2024-01-14T12:00:00Z')).toEqual([
      '2024-01-01',
      '2024-01-15',
    ])
  })

  it('that starts on a day which a month does not have starts on its last one, and leaves no gap', () => {
    const months = calendar('month', { start: '2024-01-31' })
    expect(windowOf(months, '2024-02-15T00:00:00Z')).toEqual(['2024-01-31', '2024-02-29'])
    expect(windowOf(months, '2024-03-30T00:00:00Z')).toEqual(['2024-02-29', '2024-03-31'])
    expect(windowOf(months, '2024-03-31T00:00:00Z')).toEqual(['2024-03-31', '2024-04-30'])
    expect(windowOf(calendar('year', { start: '2024-02-29' }), '2025-02-28T00:00:00Z')).toEqual([
      '2025-02-28',
      '2026-02-28',
    ])
  })
})

describe('a calendar window in a time zone', () => {
  const berlin = calendar('day', { timeZone: 'Europe/Berlin' })

  it('starts at local midnight', () => {
    const angeles = calendar('day', { timeZone: 'America/Los_Angeles' })
    expect(windowOf(angeles, '2014-01-03T07:59:00Z')).toEqual(['2014-01-02T08:00Z', '2014-01-03T08:00Z'])
    expect(windowOf(angeles, '2014-01-03T08:00:00Z')).toEqual(['2014-01-03T08:00Z', '2014-01-04T08:00Z'])
    const kathmandu = calendar('month', { timeZone: 'Asia/Kathmandu' })
    expect(windowOf(kathmandu, '2024-05-31T18:15:00Z')).toEqual(['2024-05-31T18:15Z', '2024-06-30T18:15Z'])
  })

  it('has 23 or 25 hours on the days when clocks change', () => {
    expect(windowOf(berlin, '2024-03-31T12:00:00Z')).toEqual(['2024-03-30T23:00Z', '2024-03-31T22:00Z'])
    expect(windowOf(berlin, '2024-10-27T12:00:00Z')).toEqual(['2024-10-26T22:00Z', '2024-10-27T23:00Z'])
    const week = calendar('week', { timeZone: 'Europe/Berlin' })
    expect(hoursOf(week.windowsOf(undefined, Date.parse('2024-03-31T12:00:00Z'))[0]!)).toBe(7 * 24 - 1)
    const halfHour = calendar('day', { timeZone: 'Australia/Lord_Howe' })
    expect(hoursOf(halfHour.windowsOf(undefined, Date.parse('2024-04-07T00:00:00Z'))[0]!)).toBe(24.5)
  })

  it('starts with the jump where there is no midnight', () => {
    // At midnight of 2018-11-04, clocks in São Paulo went on to one o'clock.
    const days = calendar('day', { timeZone: 'America/Sao_Paulo' })
    expect(windowOf(days, '2018-11-04T12:00:00Z')).toEqual(['2018-11-04T03:00Z', '2018-11-05T02:00Z'])
    // Samoa left out the 30th of December 2011.
    const apia = calendar('day', { timeZone: 'Pacific/Apia' })
    expect(windowOf(apia, '2011-12-30T09:59:00Z')).toEqual(['2011-12-29T10:00Z', '2011-12-30T10:00Z'])
    expect(windowOf(apia, '2011-12-30T10:00:00Z')).toEqual(['2011-12-30T10:00Z', '2011-12-31T10:00Z'])
  })

  it('starts with the first midnight where there are two', () => {
    // At one o'clock of 2024-11-03, clocks in Havana went back to midnight.
    const havana = calendar('day', { timeZone: 'America/Havana' })
    expect(windowOf(havana, '2024-11-03T04:30:00Z')).toEqual(['2024-11-03T04:00Z', '2024-11-04T05:00Z'])
    expect(windowOf(havana, '2024-11-03T05:30:00Z')).toEqual(['2024-11-03T04:00Z', '2024-11-04T05:00Z'])
    // At a minute past midnight of 1999-10-31, clocks in Newfoundland went back to a minute past eleven of the day before.
    const johns = calendar('day', { timeZone: 'America/St_Johns' })
    expect(windowOf(johns, '1999-10-31T02:45:00Z')).toEqual(['1999-10-31T02:30Z', '1999-11-01T03:30Z'])
  })

  it('is the same however often and in which order it is asked for', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'America/Havana',
      'Pacific/Apia',
      'Australia/Lord_Howe',
    )
    const units = fc.constantFrom<CalendarUnit[]>('day', 'week', 'month', 'year')
    const dates = fc
      .date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map(date => date.toISOString().slice(0, 10))
    const times = fc.array(fc.integer({ min: Date.parse('1860-01-01'), max: Date.parse('2100-01-01') }), {
      minLength: 1,
      maxLength: 10,
    })
    fc.assert(
      fc.property(zones, units, fc.integer({ min: 1, max: 4 }), dates, times, (timeZone, unit, count, start, given) => {
        const windows = calendar(unit, { timeZone, count, start })
        for (const time of given) {
          const fresh = calendar(unit, { timeZone, count, start })
          expect(windows.windowsOf(undefined, time)).toEqual(fresh.windowsOf(undefined, time))
          checkSlices(windows, time)
          // Windows stand side by side.
          const { start: from, end } = windows.sliceOf(time)!
          expect(windows.sliceOf(end)!.start).toBe(end)
          expect(windows.sliceOf(from - 1)!.end).toBe(from)
        }
      }),
      { numRuns: propertyRuns(100) },
    )
  })

  it('asks for the rules of the zone some ten times a window, whatever the number and order of records', () => {
    const asked = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
    onTestFinished(() => asked.mockRestore())
    const days = calendar('day', { timeZone: 'Europe/Berlin' })
    const first = Date.parse('2024-03-31T00:00:00Z')
    for (let i = 0; i < 20_000; i++) days.sliceOf(first + ((i * 7) % (30 * 24)) * HOUR)
    expect(asked.mock.calls.length).toBeLessThan(30 * 15)
  })
})

describe('a calendar window that cannot be', () => {
  it('is refused when it is built', () => {
    const bad = [
      () => calendar('hour' as CalendarUnit),
      () => calendar('day', { count: 0 }),
      () => calendar('day', { count: 1.5 }),
      () => calendar('day', { timeZone: 'Mars/Olympus' }),
      () => calendar('week', { weekStart: 'someday' as 'monday' }),
      () => calendar('day', { weekStart: 'monday' }),
      () => calendar('week', { weekStart: 'monday', start: '2024-01-01' }),
      () => calendar('day', { start: '2024-02-30' }),
      () => calendar('day', { start: '1.1.2024' }),
    ]
    for (const build of bad) expect(build).toThrow('WINDOW_INVALID')
  })

  it('is refused for a time that has no date', () => {
    expect(() => calendar('day').sliceOf(9e15)).toThrow('EVENT_TIME_INVALID')
    expect(() => calendar('day').sliceOf(Number.NaN)).toThrow('EVENT_TIME_INVALID')
  })
})
