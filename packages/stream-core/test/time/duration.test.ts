import { describe, expect, it } from 'vitest'
import { checkDuration, days, formatDuration, hours, milliseconds, minutes, seconds } from '../../src/time/duration.ts'

describe('durations', () => {
  it('are milliseconds under readable names', () => {
    expect([milliseconds(5), seconds(5), minutes(1), hours(-1), days(2)]).toEqual([
      5, 5_000, 60_000, -3_600_000, 172_800_000,
    ])
  })

  it('of a fraction are whole milliseconds, without the noise of binary fractions', () => {
    expect([seconds(1.005), minutes(0.1), hours(1.1), days(0.7)]).toEqual([1_005, 6_000, 3_960_000, 60_480_000])
  })

  it('must be whole and positive, or zero where that makes sense', () => {
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      expect(() => checkDuration('size', bad)).toThrow('DURATION_INVALID')
    }
    expect(() => checkDuration('size', 0)).toThrow('size must be a whole number of milliseconds, at least 1; got 0')
    checkDuration('bound', 0, { zero: true })
    checkDuration('size', 1)
  })

  it('print as people say them', () => {
    expect([0, 999, 90_000, 3_600_000, 93_784_005, Number.POSITIVE_INFINITY].map(formatDuration)).toEqual([
      '0 ms',
      '999 ms',
      '1 min 30 s',
      '1 h',
      '1 d 2 h 3 min 4 s 5 ms',
      'for ever',
    ])
  })
})
