import type { Key } from '@rtp/stream-core/extend'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HeavyHitter, heavyHitters } from '../src/index.ts'
import { merged, RUNS, Slots } from './slots.ts'

const itself = <V extends Key>(x: V) => x
const values = fc.array(
  fc.oneof({ weight: 2, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.integer({ min: 4, max: 60 }) }),
  { maxLength: 300 },
)

function countsOf(all: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const x of all) counts.set(x, (counts.get(x) ?? 0) + 1)
  return counts
}

function expectBounds(found: readonly HeavyHitter<number>[], all: readonly number[], counters: number): void {
  const counts = countsOf(all)
  const most = all.length / (counters + 1)
  for (const { value, atLeast, atMost } of found) {
    const exact = counts.get(value) ?? 0
    expect(exact).toBeGreaterThanOrEqual(atLeast)
    expect(exact).toBeLessThanOrEqual(atMost)
    expect(atMost - atLeast).toBeLessThanOrEqual(most)
  }
  // With as many results as there are counters, whoever is frequent enough is among them.
  for (const [value, count] of counts) {
    if (count > most) expect(found.map(one => one.value)).toContain(value)
  }
}

describe('heavyHitters', () => {
  it('bound the count of each value from both sides, and miss none that is frequent, also when merged from parts', () => {
    for (const counters of [3, 8]) {
      const aggregate = heavyHitters(itself<number>, { k: 2 * counters, counters: 2 * counters })
      const tight = heavyHitters(itself<number>, { k: counters, counters })
      fc.assert(
        fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), parts => {
          expectBounds(new Slots(aggregate).add(0, parts.flat()).result(0), parts.flat(), 2 * counters)
          expectBounds(merged(aggregate, parts), parts.flat(), 2 * counters)
          for (const { value, atLeast, atMost } of merged(tight, parts)) {
            const exact = countsOf(parts.flat()).get(value) ?? 0
            expect(exact >= atLeast && exact <= atMost).toBe(true)
          }
        }),
        RUNS,
      )
    }
  })

  it('are exact as long as there are no more values than counters', () => {
    fc.assert(
      fc.property(values, all => {
        const found = new Slots(heavyHitters(itself<number>, { k: 100 })).add(0, all).result(0)
        expect(new Map(found.map(({ value, atLeast }) => [value, atLeast]))).toEqual(countsOf(all))
        expect(found.every(({ atLeast, atMost }) => atLeast === atMost)).toBe(true)
        expect(found.map(one => one.atLeast)).toEqual(found.map(one => one.atLeast).sort((a, b) => b - a))
      }),
      RUNS,
    )
  })

  it('find the frequent ones in a long tail of others', () => {
    const all: string[] = []
    for (let i = 0; i < 50_000; i++) all.push(i % 10 === 0 ? 'often' : i % 25 === 1 ? 'rather often' : `once ${i}`)
    const found = new Slots(heavyHitters(itself<string>, { k: 2 })).add(0, all).result(0)
    expect(found.map(one => one.value)).toEqual(['often', 'rather often'])
    expect(found[0]!.atMost - found[0]!.atLeast).toBeLessThanOrEqual(50_000 / 101)
  })

  it('go on after a restore as if nothing had been', () => {
    const aggregate = heavyHitters(itself<number>, { k: 5, counters: 5 })
    fc.assert(
      fc.property(values, values, (before, after) => {
        const whole = new Slots(aggregate).add(0, before)
        const restored = new Slots(aggregate).read(4, whole.written(0))
        expect(restored.add(4, after).result(4)).toEqual(whole.add(0, after).result(0))
      }),
      RUNS,
    )
  })

  it('refuse options that mean nothing, what is no key, and state of a newer version', () => {
    for (const k of [0, 1.5, Number.NaN]) expect(() => heavyHitters(itself<Key>, { k })).toThrow('AGGREGATE_INVALID')
    expect(() => heavyHitters(itself<Key>, { k: 10, counters: 5 })).toThrow('AGGREGATE_INVALID')
    const slots = new Slots(heavyHitters(itself<Key>, { k: 1 }))
    expect(() => slots.add(0, [{} as Key])).toThrow('KEY_INVALID')
    const bytes = slots.written(0)
    bytes[0] = 9
    expect(() => slots.read(0, bytes)).toThrow('CHECKPOINT_NEWER_VERSION')
  })
})
