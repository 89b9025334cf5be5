import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { mergeWindows, sessions, windowsIntersect } from '../../src/windows/session.ts'
import type { TimeWindow } from '../../src/windows/window-assigner.ts'

const window = (start: number, end: number): TimeWindow => ({ start, end })

describe('the session of one record', () => {
  it('lasts from its time for one gap', () => {
    const windows = sessions(5_000)
    expect(windows.windowsOf(0, 4_999)).toEqual([window(4_999, 9_999)])
    expect(windows.windowsOf(0, -1.5)).toEqual([window(-2, 4_998)])
    expect(windows.merges).toBe(true)
  })

  it('may have a gap of its own', () => {
    const windows = sessions((value: { gap: number }) => value.gap)
    expect(windows.windowsOf({ gap: 7 }, 1)).toEqual([window(1, 8)])
    expect(windows.gapMs).toBeUndefined()
  })

  it('needs a gap that is a whole number above zero, wherever it comes from', () => {
    for (const gap of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => sessions(gap)).toThrow('DURATION_INVALID')
      expect(() => sessions(() => gap).windowsOf(0, 1)).toThrow('WINDOW_INVALID')
    }
    expect(() => sessions(() => '5' as unknown as number).windowsOf(0, 1)).toThrow('WINDOW_INVALID')
  })
})

describe('two windows', () => {
  it('intersect when they overlap or only touch', () => {
    const pairs = [
      [window(10, 20), window(10, 20), true],
      [window(10, 20), window(20, 30), true],
      [window(10, 20), window(21, 30), false],
      [window(10, 20), window(19, 22), true],
      [window(10, 40), window(20, 30), true],
    ] as const
    for (const [a, b, expected] of pairs) {
      expect(windowsIntersect(a, b)).toBe(expected)
      expect(windowsIntersect(b, a)).toBe(expected)
    }
  })
})

describe('windows that merge', () => {
  it('become one from the first start to the last end; lone ones are left out', () => {
    const windows = [window(0, 1), window(2, 3), window(4, 5), window(7, 8), window(1, 2)]
    expect(mergeWindows(windows)).toEqual([
      { members: [window(0, 1), window(1, 2), window(2, 3)], result: window(0, 3) },
    ])
    expect(mergeWindows([window(0, 0)])).toEqual([])
    expect(mergeWindows([window(0, 1), window(0, 1)])).toEqual([])
    expect(mergeWindows([])).toEqual([])
  })

  it('are those that a chain of touching windows ties together, in whatever order they come', () => {
    const windows = fc.array(
      fc.record({ start: fc.integer({ min: -30, max: 30 }), length: fc.integer({ min: 1, max: 8 }) }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(windows, list => {
        const given = list.map(({ start, length }) => window(start, start + length))
        const merged = mergeWindows(given)
        for (const { members, result } of merged) {
          expect(result).toEqual(
            window(Math.min(...members.map(({ start }) => start)), Math.max(...members.map(({ end }) => end))),
          )
        }
        const isAlone = (one: TimeWindow) => !merged.some(({ result }) => windowsIntersect(one, result))
        const results = [...merged.map(({ result }) => result), ...unique(given.filter(isAlone))]
        for (const [i, a] of results.entries())
          for (const b of results.slice(i + 1)) expect(windowsIntersect(a, b)).toBe(false)
        expect(merged.flatMap(({ members }) => members).length).toBe(unique(given.filter(one => !isAlone(one))).length)
      }),
      { numRuns: propertyRuns() },
    )
  })
})

function unique(windows: readonly TimeWindow[]): TimeWindow[] {
  return [...new Map(windows.map(one => [`${one.start} ${one.end}`, one])).values()]
}
