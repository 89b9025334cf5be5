import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { parseTimestamp, timestamp } from '../../src/index.ts'
import { decode } from './decode.ts'

const MANY_RUNS = propertyRuns(10_000)

describe('parseTimestamp', () => {
  it.each([
    ['2025-01-02T03:04:05Z', '2025-01-02T03:04:05.000Z'],
    ['2025-01-02T03:04:05.6Z', '2025-01-02T03:04:05.600Z'],
    ['2025-01-02T03:04:05.678Z', '2025-01-02T03:04:05.678Z'],
    ['2025-01-02T03:04:05.678999Z', '2025-01-02T03:04:05.678Z'],
    ['2025-01-02T03:04:05,678Z', '2025-01-02T03:04:05.678Z'],
    ['2025-01-02T03:04Z', '2025-01-02T03:04:00.000Z'],
    ['2025-01-02 03:04:05', '2025-01-02T03:04:05.000Z'],
    ['2025-01-02 03:04:05.678', '2025-01-02T03:04:05.678Z'],
    ['2025-01-02 03:04:05.678+00', '2025-01-02T03:04:05.678Z'],
    ['2025-01-02', '2025-01-02T00:00:00.000Z'],
    ['2025-01-02T03:04:05+02:00', '2025-01-02T01:04:05.000Z'],
    ['2025-01-02T03:04:05+0200', '2025-01-02T01:04:05.000Z'],
    ['2025-01-01T23:04:05-05:30', '2025-01-02T04:34:05.000Z'],
    [' 2025-01-02T03:04:05Z\t', '2025-01-02T03:04:05.000Z'],
    ['2025-01-02t03:04:05z', '2025-01-02T03:04:05.000Z'],
    ['2025-12-31T24:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
    ['1850-06-01 12:00:00', '1850-06-01T12:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
  ])('reads %j', (text, expected) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(expected)
  })

  it.each([
    '',
    'yesterday',
    '2025',
    '2025-1-2',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2025-04-31',
    '2025-01-00',
    '2025-01-02T',
    '2025-01-02T03',
    '2025-01-02T03:0',
    '2025-01-02T24:00:01Z',
    '2025-01-02T24:30:00Z',
    '2025-01-02T25:00:00Z',
    '2025-01-02T03:60:00Z',
    '2025-01-02T03:04:60Z',
    '2025-01-02T03:04:05.Z',
    '2025-01-02T03:04:05.6xZ',
    '2025-01-02T03:04:05ZZ',
    '2025-01-02T03:04:05+2',
    '2025-01-02T03:04:05+24:00',
    '2025-01-02T03:04:05+02:60',
    '2025-01-02T03:04:05 CET',
    '2025-01-02-03:04:05',
    '2025/01/02 03:04:05',
    '02.01.2025 03:04:05',
    '+010000-01-01T00:00:00Z',
    '1735689600',
    '1735689600000',
  ])('refuses %j', text => {
    expect(parseTimestamp(text)).toBeNaN()
  })

  it('agrees with Date on every time that Date writes', () => {
    const times = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(times, date => {
        expect(parseTimestamp(date.toISOString())).toBe(date.getTime())
        expect(parseTimestamp(date.toISOString().replace('T', ' ').replace('Z', ''))).toBe(date.getTime())
      }),
      { numRuns: MANY_RUNS },
    )
  })

  it('refuses what Date refuses, when one character of a time is another', () => {
    const changed = fc.tuple(fc.nat({ max: 22 }), fc.constantFrom(...'0123456789-:.TZ +'))
    fc.assert(
      fc.property(changed, ([at, character]) => {
        const text = '2024-02-28T23:59:58.123Z'
        const other = text.slice(0, at) + character + text.slice(at + 1)
        const isWritten = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3}Z$/.test(other)
        // Date takes the 30th of February for the 1st of March.
        const isDay = new Date(`${other.slice(0, 10)}T00:00:00Z`).toJSON()?.slice(0, 10) === other.slice(0, 10)
        expect(parseTimestamp(other)).toBe(isWritten && isDay ? new Date(other).getTime() : Number.NaN)
      }),
      { numRuns: MANY_RUNS, examples: [[[9, '9']], [[11, ' ']]] },
    )
  })

  it('gives a time without a zone the zone that is declared, and leaves others alone', () => {
    expect(parseTimestamp('2025-01-02 03:04:05', { zone: '+02:00' })).toBe(Date.UTC(2025, 0, 2, 1, 4, 5))
    expect(parseTimestamp('2025-01-02', { zone: '-05:00' })).toBe(Date.UTC(2025, 0, 2, 5))
    expect(parseTimestamp('2025-01-02T03:04:05Z', { zone: '+02:00' })).toBe(Date.UTC(2025, 0, 2, 3, 4, 5))
  })

  it.each([
    ['1735787045', 'seconds', 1735787045000],
    ['1735787045.678', 'seconds', 1735787045678],
    ['1.001', 'seconds', 1001],
    ['-1.5', 'seconds', -1500],
    ['-0.0005', 'seconds', -1],
    ['0.0005', 'seconds', 0],
    ['1735787045678', 'milliseconds', 1735787045678],
    ['1735787045678.9', 'milliseconds', 1735787045678],
    ['-1', 'milliseconds', -1],
  ] as const)('reads %j as %s since 1970', (text, unit, expected) => {
    expect(parseTimestamp(text, { unit })).toBe(expected)
  })

  it.each(['', 'NaN', '1e9', '1.', '.5', '1,5', '2025-01-02T03:04:05Z', '99999999999999999'])(
    'refuses %j as an epoch time',
    text => {
      expect(parseTimestamp(text, { unit: 'seconds' })).toBeNaN()
    },
  )
})

describe('timestamp', () => {
  it('tells whoever forgot the unit of a number what is missing', () => {
    expect(decode(timestamp(), '1735787045')).toMatchObject({
      reason: 'TIMESTAMP_INVALID',
      detail: expect.stringContaining("unit: 'seconds'"),
    })
    expect(decode(timestamp('', { unit: 'seconds' }), '2025-01-02')).toMatchObject({ reason: 'TIMESTAMP_INVALID' })
  })

  it('refuses times outside the declared range with a reason of their own', () => {
    const column = timestamp('', { earliestMs: Date.UTC(1900, 0), latestMs: Date.UTC(2030, 0) })
    expect(decode(column, '1900-01-01')).toBe(Date.UTC(1900, 0))
    expect(decode(column, '2030-01-01')).toBe(Date.UTC(2030, 0))
    expect(decode(column, '1899-12-31T23:59:59.999Z')).toMatchObject({ reason: 'TIMESTAMP_OUT_OF_RANGE' })
    expect(decode(column, '9999-01-01')).toMatchObject({ reason: 'TIMESTAMP_OUT_OF_RANGE' })
    expect(decode(column, 'never')).toMatchObject({ reason: 'TIMESTAMP_INVALID' })
  })

  it('asks again for a latest time that moves', () => {
    let latestMs = 1000
    const decoder = timestamp('', { unit: 'milliseconds', latestMs: () => latestMs })
    expect(decode(decoder, '1001')).toMatchObject({ reason: 'TIMESTAMP_OUT_OF_RANGE' })
    latestMs = 2000
    expect(decode(decoder, '1001')).toBe(1001)
  })

  it('refuses a zone that is no fixed offset where the column is declared', () => {
    expect(() => timestamp('at', { zone: '+2' })).toThrow('CSV_OPTION_INVALID')
    expect(() => timestamp('at', { zone: '+24:00' })).toThrow('CSV_OPTION_INVALID')
  })
})
