import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { MovingTimers } from '../../src/time/moving-timers.ts'

interface Item {
  time: number
}

describe('moving timers', () => {
  it('name the earliest time, wherever the items have moved since', () => {
    const moves = fc.array(fc.record({ item: fc.nat(5), by: fc.integer({ min: -3, max: 20 }), takes: fc.boolean() }))
    fc.assert(
      fc.property(moves, todo => {
        const timers = new MovingTimers<Item>(item => item.time)
        const items = Array.from({ length: 6 }, (_, i) => ({ time: i * 3 }))
        const inside = new Set(items)
        for (const item of items) timers.add(item)
        for (const { item: at, by, takes } of todo) {
          const item = items[at]!
          item.time += by
          if (by < 0 && inside.has(item)) timers.lower(item)
          const times = [...inside].map(one => one.time)
          expect(timers.next).toBe(Math.min(...times))
          if (takes && times.length > 0 && by >= 0) {
            const taken = timers.take()
            expect(taken.time).toBe(Math.min(...times))
            inside.delete(taken)
            taken.time = Number.POSITIVE_INFINITY
          }
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('forget what will never come, and hold an item once', () => {
    const timers = new MovingTimers<Item>(item => item.time)
    const item = { time: 5 }
    timers.add(item)
    timers.add(item)
    expect(timers.next).toBe(5)
    timers.take()
    expect(timers.next).toBe(Number.POSITIVE_INFINITY)
    timers.add(item)
    item.time = Number.POSITIVE_INFINITY
    expect(timers.next).toBe(Number.POSITIVE_INFINITY)
    item.time = 7
    timers.add(item)
    expect(timers.next).toBe(7)
    timers.clear()
    expect(timers.next).toBe(Number.POSITIVE_INFINITY)
  })
})
