import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { sliding } from '../../src/windows/sliding.ts'
import type { TimeWindow } from '../../src/windows/window-assigner.ts'
import { checkSlices } from './check-slices.ts'

const shapes = fc
  .record({ size: fc.integer({ min: 1, max: 60 }), slide: fc.integer({ min: 1, max: 60 }), shift: fc.nat(1_000) })
  .map(({ size, slide, shift }) => ({ size, slide, offset: (shift % (2 * slide - 1)) - slide + 1 }))

describe('sliding windows', () => {
  it('are all windows that start at a multiple of the slide and hold the time, in order', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: -500, max: 500 }), ({ size, slide, offset }, time) => {
        const expected: TimeWindow[] = []
        for (let n = -700; n < 700; n++) {
          const start = n * slide + offset
          if (start <= time && time < start + size) expected.push({ start, end: start + size })
        }
        expect(sliding(size, slide, offset).windowsOf(0, time)).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('are put together from disjoint slices, each in the windows of each of its times', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: -500, max: 500 }), ({ size, slide, offset }, time) => {
        checkSlices(sliding(size, slide, offset), time)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('have one slice a slide where the size is a multiple of it, else at most two', () => {
    const boundaries = (size: number, slide: number) =>
      new Set(Array.from({ length: slide }, (_, time) => sliding(size, slide).sliceOf(time)?.start)).size
    expect(boundaries(60, 10)).toBe(1)
    expect(boundaries(61, 10)).toBe(2)
    expect(boundaries(10, 10)).toBe(1)
  })

  it('of a slide above the size leave the times between them out', () => {
    const windows = sliding(10, 100, 5)
    expect(windows.windowsOf(0, 14)).toEqual([{ start: 5, end: 15 }])
    expect(windows.windowsOf(0, 15)).toEqual([])
    expect(windows.sliceOf(15)).toBeUndefined()
    expect(windows.sliceOf(4)).toBeUndefined()
    expect(windows.sliceOf(5)).toEqual({ start: 5, end: 15 })
    expect(windows.sliceOf(-95)).toEqual({ start: -95, end: -85 })
  })

  it('need a whole size and slide above zero and an offset below the slide', () => {
    for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => sliding(bad, 10)).toThrow('DURATION_INVALID')
      expect(() => sliding(10, bad)).toThrow('DURATION_INVALID')
    }
    for (const offset of [5, -5, 0.5, Number.NaN]) expect(() => sliding(10, 5, offset)).toThrow('WINDOW_INVALID')
  })
})
