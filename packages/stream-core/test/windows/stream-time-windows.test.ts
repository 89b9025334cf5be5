import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { streamTimeWindows } from '../../src/windows/stream-time-windows.ts'

describe('windows of stream time', () => {
  it('lie side by side, or hop', () => {
    expect(streamTimeWindows(12).windowsOf(0, 21)).toEqual([{ start: 12, end: 24 }])
    expect(streamTimeWindows(12, 5).windowsOf(0, 21)).toEqual([
      { start: 10, end: 22 },
      { start: 15, end: 27 },
      { start: 20, end: 32 },
    ])
    expect(streamTimeWindows(6, 5).windowsOf(0, 7)).toEqual([{ start: 5, end: 11 }])
  })

  it('are those from the epoch on that hold the time, and no others', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -50, max: 500 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(59),
        (time, size, less) => {
          const advance = 1 + (less % size)
          const expected = Array.from({ length: 600 }, (_, i) => ({ start: i * advance, end: i * advance + size }))
          expect(streamTimeWindows(size, advance).windowsOf(0, time)).toEqual(
            expected.filter(({ start, end }) => start <= time && time < end),
          )
        },
      ),
      { numRuns: propertyRuns() },
    )
  })

  it('refuse sizes and advances that are none, and to leave times out', () => {
    for (const size of [0, -1, 1.5, Number.NaN]) expect(() => streamTimeWindows(size)).toThrow(/DURATION_INVALID/)
    for (const advance of [0, -1]) expect(() => streamTimeWindows(10, advance)).toThrow(/DURATION_INVALID/)
    expect(() => streamTimeWindows(123, 124)).toThrow(/WINDOW_INVALID/)
  })
})
