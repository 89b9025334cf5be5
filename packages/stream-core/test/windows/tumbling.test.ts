import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { tumbling, windowStart } from '../../src/windows/tumbling.ts'

const times = fc.oneof(
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
  fc.double({ min: -1e13, max: 1e13, noNaN: true }),
  fc.double({ min: -1_000, max: 1_000, noNaN: true }),
  fc.integer({ min: -1_000, max: 1_000 }),
)

describe('the start of a tumbling window', () => {
  it('is the highest start at or before the time, for any size, offset and time', () => {
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 1, max: 86_400_000 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (time, size, shift) => {
          const offset = Math.trunc(shift * (size - 1))
          const windows = tumbling(size, offset)
          const start = windowStart(windows, time)
          expect(Number.isInteger(start)).toBe(true)
          expect(start).toBeLessThanOrEqual(time)
          expect(start + size).toBeGreaterThan(time)
          expect(Math.abs((start - offset) % size)).toBe(0)
        },
      ),
      { numRuns: propertyRuns() },
    )
  })

  it('is one number for all times of a window, so that they meet in it', () => {
    const windows = tumbling(60_000, 13)
    const starts = [-59_987, -59_986.9, -0.1, -0, 0, 12, 12.999].map(time => windowStart(windows, time))
    expect(new Set(starts)).toEqual(new Set([-59_987]))
    expect(Object.is(windowStart(tumbling(10), -0), 0)).toBe(true)
  })

  it('of an offset below zero is that of the offset shifted by one size', () => {
    expect(tumbling(10, -3).offsetMs).toBe(tumbling(10, 7).offsetMs)
    expect(windowStart(tumbling(86_400_000, -28_800_000), 0)).toBe(-28_800_000)
  })
})

describe('a tumbling window', () => {
  it('needs a whole size above zero, and an offset below it', () => {
    for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => tumbling(size)).toThrow('DURATION_INVALID')
    for (const offset of [10, -10, 0.5, Number.NaN]) expect(() => tumbling(10, offset)).toThrow('WINDOW_INVALID')
  })
})
