import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { TimerQueue } from '../../src/time/timer-queue.ts'

describe('the timer queue', () => {
  it('gives timers back in order of time, and of registration among equals, whenever they are taken', () => {
    const time = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: -5, max: 5 }) },
      fc.integer({ min: -70, max: 70 }).map(n => n / 4),
      // What differs in few bits or in many, at both ends of what a date can be and beyond.
      fc
        .tuple(fc.constantFrom(0, 1.7e12, -(2 ** 40), 2 ** 27, 2 ** 53, -(2 ** 53)), fc.integer({ min: -2, max: 2 }))
        .map(([a, b]) => a + b),
    )
    const steps = fc.array(
      fc.oneof({ weight: 3, arbitrary: time }, { weight: 2, arbitrary: fc.constant('take' as const) }),
      {
        maxLength: 80,
        size: 'max',
      },
    )
    fc.assert(
      fc.property(steps, script => {
        const queue = new TimerQueue<number>()
        let waiting: { time: number; item: number }[] = []
        let count = 0
        for (const step of [...script, ...script.map(() => 'take' as const)]) {
          if (step !== 'take') {
            waiting.push({ time: step, item: count })
            queue.add(step, count++)
          } else if (waiting.length > 0) {
            const first = waiting.reduce((best, one) => (one.time < best.time ? one : best))
            waiting = waiting.filter(one => one !== first)
            expect(queue.nextTime).toBe(first.time)
            expect(queue.take()).toBe(first.item)
          }
          expect(queue.size).toBe(waiting.length)
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('has no next time when it is empty', () => {
    const queue = new TimerQueue<string>()
    expect(queue.nextTime).toBe(Number.POSITIVE_INFINITY)
    queue.add(5, 'a')
    expect(queue.nextTime).toBe(5)
    queue.take()
    expect(queue.nextTime).toBe(Number.POSITIVE_INFINITY)
  })

  it('holds thousands', () => {
    const queue = new TimerQueue<number>()
    for (let i = 0; i < 10_000; i++) queue.add((i * 7_919) % 10_000, (i * 7_919) % 10_000)
    for (let i = 0; i < 10_000; i++) expect(queue.take()).toBe(i)
  })
})
