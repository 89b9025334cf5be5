import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { cumulate } from '../../src/windows/cumulate.ts'
import type { TimeWindow } from '../../src/windows/window-assigner.ts'
import { checkSlices } from './check-slices.ts'

const shapes = fc
  .record({ step: fc.integer({ min: 1, max: 20 }), steps: fc.integer({ min: 1, max: 10 }), shift: fc.nat(1_000) })
  .map(({ step, steps, shift }) => ({
    step,
    size: step * steps,
    offset: (shift % (2 * step * steps - 1)) - step * steps + 1,
  }))

describe('cumulate windows', () => {
  it('of a time have its start in common and end at each step behind it, up to the size', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: -500, max: 500 }), ({ size, step, offset }, time) => {
        const start = Math.floor((time - offset) / size) * size + offset
        const expected: TimeWindow[] = []
        for (let end = start + step; end <= start + size; end += step) if (time < end) expected.push({ start, end })
        expect(cumulate(size, step, offset).windowsOf(0, time)).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('are put together from slices of one step', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: -500, max: 500 }), ({ size, step, offset }, time) => {
        const windows = cumulate(size, step, offset)
        const slice = windows.sliceOf(time)!
        expect(slice.end - slice.start).toBe(step)
        checkSlices(windows, time)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('need a size that is a multiple of the step, and whole numbers above zero', () => {
    expect(() => cumulate(5_000, 2_000)).toThrow('WINDOW_INVALID')
    expect(() => cumulate(1_000, 2_000)).toThrow('WINDOW_INVALID')
    for (const bad of [0, -1, 1.5, Number.NaN]) {
      expect(() => cumulate(bad, 10)).toThrow('DURATION_INVALID')
      expect(() => cumulate(10, bad)).toThrow('DURATION_INVALID')
    }
    for (const offset of [10, -10, 0.5, Number.NaN]) expect(() => cumulate(10, 5, offset)).toThrow('WINDOW_INVALID')
  })
})
