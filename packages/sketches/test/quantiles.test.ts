import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { quantiles } from '../src/index.ts'
import { merged, RUNS, Slots } from './slots.ts'

const asked = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1] as const
const itself = (x: number) => x
/** Amounts below the smallest normal number count as 0: they are left to a test of their own. */
const isNormal = (x: number) => x === 0 || Math.abs(x) >= 2 ** -1022
const numbers = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }).filter(isNormal),
    fc.integer({ min: -20, max: 20 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isNormal),
  ),
  { minLength: 1, maxLength: 200 },
)

function expectWithin(accuracy: number, found: readonly number[], values: readonly number[]): void {
  const inOrder = Float64Array.from(values).sort()
  asked.forEach((q, i) => {
    const exact = inOrder[Math.floor(q * (values.length - 1))]!
    const error = Math.abs(found[i]! - exact)
    expect(error, `quantile ${q}: ${found[i]} for ${exact}`).toBeLessThanOrEqual(
      Math.abs(exact) * accuracy * (1 + 1e-9),
    )
  })
}

describe('quantiles', () => {
  it('are within the relative accuracy of the exact ones, for any numbers', () => {
    for (const relativeAccuracy of [0.001, 0.01, 0.1]) {
      const aggregate = quantiles(itself, asked, { relativeAccuracy })
      fc.assert(
        fc.property(numbers, values => {
          expectWithin(relativeAccuracy, new Slots(aggregate).add(0, values).result(0), values)
        }),
        RUNS,
      )
    }
  })

  it('are the same however the numbers were split and merged, and after a restore', () => {
    const aggregate = quantiles(itself, asked)
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 5 }), parts => {
        const whole = new Slots(aggregate).add(0, parts.flat())
        expect(merged(aggregate, parts)).toEqual(whole.result(0))
        expect(merged(aggregate, [...parts].reverse())).toEqual(whole.result(0))
        const restored = new Slots(aggregate).read(3, whole.written(0))
        expect(restored.add(3, parts[0]!).result(3)).toEqual(whole.add(0, parts[0]!).result(0))
      }),
      RUNS,
    )
  })

  it('of numbers of every size keep to a bounded number of bins, and are right for all but the smallest', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => 10 ** (((i * 7919) % 20_000) / 40 - 250))
    const slots = new Slots(quantiles(itself, [0.95, 0.999])).add(0, values)
    const inOrder = Float64Array.from(values).sort()
    slots.result(0).forEach((found, i) => {
      const exact = inOrder[Math.floor([0.95, 0.999][i]! * (values.length - 1))]!
      expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(0.01 * (1 + 1e-9))
    })
    expect(slots.written(0).length).toBeLessThan(8_192)
  })

  it('take amounts that are too small to be exact for 0', () => {
    expect(new Slots(quantiles(itself, [0, 1])).add(0, [-5e-324, 1e-310]).result(0)).toEqual([0, 0])
  })

  it('leave out what is undefined, and are NaN where there is no number', () => {
    const aggregate = quantiles((r: { ms?: number }) => r.ms, [0.5])
    const slots = new Slots(aggregate)
    expect(slots.add(0, [{}]).result(0)).toEqual([Number.NaN])
    expect(slots.add(0, [{ ms: 0 }]).result(0)).toEqual([0])
  })

  it('refuse what is no number, and options that mean nothing', () => {
    const slots = new Slots(quantiles((x: unknown) => x as number, [0.5]))
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, 'x', null]) {
      expect(() => slots.add(0, [x])).toThrow('AGGREGATE_INVALID')
    }
    expect(() => quantiles(itself, [])).toThrow('AGGREGATE_INVALID')
    expect(() => quantiles(itself, [1.5])).toThrow('AGGREGATE_INVALID')
    expect(() => quantiles(itself, [Number.NaN])).toThrow('AGGREGATE_INVALID')
    expect(() => quantiles(itself, [0.5], { relativeAccuracy: 0 })).toThrow('AGGREGATE_INVALID')
  })

  it('refuse state of another accuracy or a newer version', () => {
    const bytes = new Slots(quantiles(itself, [0.5])).add(0, [1]).written(0)
    expect(() => new Slots(quantiles(itself, [0.5], { relativeAccuracy: 0.02 })).read(0, bytes)).toThrow(
      'STATE_INVALID',
    )
    bytes[0] = 9
    expect(() => new Slots(quantiles(itself, [0.5])).read(0, bytes)).toThrow('CHECKPOINT_NEWER_VERSION')
  })

  it('come as a tuple of as many as were asked for', () => {
    expectTypeOf(new Slots(quantiles(itself, [0.5, 0.99])).result(0)).toEqualTypeOf<readonly [number, number]>()
  })
})
