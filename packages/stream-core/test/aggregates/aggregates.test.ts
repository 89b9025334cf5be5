import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import type { Aggregate } from '../../src/aggregates/aggregate.ts'
import { combine } from '../../src/aggregates/combine.ts'
import { reduction } from '../../src/aggregates/custom.ts'
import { collect, count, customAggregate, first, last, max, mean, min, sum, variance } from '../../src/index.ts'
import { Slots, type Timed } from './accumulate.ts'

interface Rules {
  readonly name: string
  readonly aggregate: Aggregate<number, unknown>
  /** The same from all records at once, the obvious way. */
  readonly naive: (records: readonly Timed<number>[]) => unknown
  readonly values: fc.Arbitrary<number>
  /** False for those that keep the order of records. */
  readonly isCommutative: boolean
}

/** Whole numbers that add up exactly. */
const whole = fc.integer({ min: -1_000_000, max: 1_000_000 })
const anyNumber = fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY))
const valuesOf = (records: readonly Timed<number>[]): number[] => records.map(({ value }) => value)
const total = (records: readonly Timed<number>[]): number => valuesOf(records).reduce((a, b) => a + b, 0)

const builtIns: Rules[] = [
  { name: 'count', aggregate: count(), naive: records => records.length, values: anyNumber, isCommutative: true },
  { name: 'sum', aggregate: sum(x => x), naive: total, values: whole, isCommutative: true },
  { name: 'mean', aggregate: mean(x => x), naive: all => total(all) / all.length, values: whole, isCommutative: true },
  {
    name: 'min',
    aggregate: min(x => x),
    naive: all => Math.min(...valuesOf(all)),
    values: anyNumber,
    isCommutative: true,
  },
  {
    name: 'max',
    aggregate: max(x => x),
    naive: all => Math.max(...valuesOf(all)),
    values: anyNumber,
    isCommutative: true,
  },
  {
    name: 'first',
    aggregate: first(),
    naive: all => all.reduce((best, one) => (one.time < best.time ? one : best)).value,
    values: anyNumber,
    isCommutative: false,
  },
  {
    name: 'last',
    aggregate: last(),
    naive: all => all.reduce((best, one) => (one.time >= best.time ? one : best)).value,
    values: anyNumber,
    isCommutative: false,
  },
  { name: 'collect', aggregate: collect(), naive: valuesOf, values: anyNumber, isCommutative: false },
  {
    name: 'reduction',
    aggregate: reduction((a: number, b: number) => a + b),
    naive: total,
    values: whole,
    isCommutative: true,
  },
  {
    name: 'custom',
    aggregate: customAggregate<number, Set<number>, number>({
      create: () => new Set(),
      add: (seen, x) => seen.add(x % 10),
      merge: (a, b) => new Set([...a, ...b]),
      finish: seen => seen.size,
    }),
    naive: all => new Set(valuesOf(all).map(x => x % 10)).size,
    values: whole,
    isCommutative: true,
  },
  {
    name: 'several in one pass',
    aggregate: combine<number, { n: number; low: number; all: number[] }>({
      n: count(),
      low: min(x => x),
      all: collect(),
    }),
    naive: all => ({ n: all.length, low: Math.min(...valuesOf(all)), all: valuesOf(all) }),
    values: anyNumber,
    isCommutative: false,
  },
]

describe.each(builtIns)('$name', ({ aggregate, naive, values, isCommutative }) => {
  const records = fc.array(fc.record({ value: values, time: fc.integer({ min: -5, max: 5 }) }), {
    minLength: 1,
    maxLength: 20,
  })

  it('computes what a loop over all records does, each slot on its own', () => {
    const placed = fc.array(fc.tuple(fc.nat(3), fc.record({ value: values, time: fc.nat(9) })), { maxLength: 40 })
    fc.assert(
      fc.property(placed, fc.integer({ min: 1, max: 9 }), (all, batch) => {
        const slots = new Slots(aggregate, 4)
        for (let from = 0; from < all.length; from += batch) {
          const part = all.slice(from, from + batch)
          slots.add(
            part.map(([, record]) => record),
            part.map(([slot]) => slot),
          )
        }
        for (const slot of [0, 1, 2, 3]) {
          const own = all.filter(([at]) => at === slot).map(([, record]) => record)
          if (own.length > 0) expect(slots.result(slot)).toStrictEqual(naive(own))
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it(`merges parts into the whole, in whatever grouping${isCommutative ? ' and order' : ''}`, () => {
    fc.assert(
      fc.property(records, records, records, (a, b, c) => {
        const slots = new Slots(aggregate, 16)
        const put = (at: number): void =>
          void slots
            .fill(at, a)
            .fill(at + 1, b)
            .fill(at + 2, c)
        put(0)
        put(3)
        put(6)
        const leftFirst = slots.merge(0, 1).merge(0, 2).result(0)
        const rightFirst = slots.merge(4, 5).merge(3, 4).result(3)
        expect(leftFirst).toStrictEqual(naive([...a, ...b, ...c]))
        expect(rightFirst).toStrictEqual(leftFirst)
        if (isCommutative) expect(slots.merge(8, 7).merge(8, 6).result(8)).toStrictEqual(leftFirst)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('merges an empty slot without effect', () => {
    fc.assert(
      fc.property(records, all => {
        const slots = new Slots(aggregate).fill(0, all).fill(1, all)
        expect(slots.merge(0, 5).result(0)).toStrictEqual(naive(all))
        expect(slots.merge(6, 1).result(6)).toStrictEqual(naive(all))
      }),
      { numRuns: 100 },
    )
  })

  it('comes back from a snapshot and goes on', () => {
    fc.assert(
      fc.property(records, records, (before, after) => {
        const stored = new Slots(aggregate).fill(1, before)
        const restored = new Slots(aggregate)
        stored.move(1, restored, 3)
        expect(restored.result(3)).toStrictEqual(naive(before))
        expect(restored.fill(3, after).result(3)).toStrictEqual(naive([...before, ...after]))
        expect(stored.result(1)).toStrictEqual(naive(before))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('begins anew in a slot that was emptied, and in one that came with more room', () => {
    fc.assert(
      fc.property(records, records, (before, after) => {
        const slots = new Slots(aggregate, 2).fill(0, before).fill(1, before)
        slots.accumulator.reset(0)
        slots.accumulator.grow(8)
        slots.fill(0, after).fill(7, after)
        expect(slots.result(0)).toStrictEqual(naive(after))
        expect(slots.result(7)).toStrictEqual(naive(after))
        expect(slots.result(1)).toStrictEqual(naive(before))
      }),
      { numRuns: 100 },
    )
  })
})

describe('variance', () => {
  const values = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  const samples = fc.array(values, { minLength: 1, maxLength: 20 })
  const timed = (all: readonly number[]): Timed<number>[] => all.map(value => ({ value, time: 0 }))

  it('is that of two passes over the records, also when it was merged from parts', () => {
    fc.assert(
      fc.property(samples, samples, (a, b) => {
        for (const population of [false, true]) {
          const slots = new Slots(variance((x: number) => x, { population }))
          slots
            .fill(0, timed([...a, ...b]))
            .fill(1, timed(a))
            .fill(2, timed(b))
          slots.fill(3, timed(b)).fill(4, timed(a))
          const exact = twoPasses([...a, ...b], population ? 0 : 1)
          expect(slots.result(0)).toSatisfy(near(exact))
          expect(slots.merge(1, 2).result(1)).toSatisfy(near(exact))
          expect(slots.merge(3, 4).result(3)).toSatisfy(near(exact))
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('comes back from a snapshot to the last bit', () => {
    fc.assert(
      fc.property(samples, samples, (before, after) => {
        const stored = new Slots(variance((x: number) => x)).fill(0, timed(before))
        const restored = new Slots(variance((x: number) => x))
        stored.move(0, restored, 1)
        expect(restored.fill(1, timed(after)).result(1)).toBe(stored.fill(0, timed(after)).result(0))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('does not cancel where values are large and close together', () => {
    const slots = new Slots(variance((x: number) => x)).fill(0, timed([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]))
    expect(slots.result(0)).toBe(30)
  })

  it('of a single record is not a number as a sample, and zero as a population', () => {
    expect(new Slots(variance((x: number) => x)).fill(0, timed([5])).result(0)).toBeNaN()
    expect(new Slots(variance((x: number) => x, { population: true })).fill(0, timed([5])).result(0)).toBe(0)
  })

  it('is merged into an empty slot as it is, however large', () => {
    const slots = new Slots(variance((x: number) => x, { population: true })).fill(0, timed([1e200]))
    expect(slots.merge(1, 0).result(1)).toBe(0)
  })
})

describe('an aggregate', () => {
  it('names the record on which its function threw', () => {
    const no = (x: number): number => {
      if (x === 3) throw new Error('no three')
      return x
    }
    const throwing: Aggregate<number, unknown>[] = [
      sum(no),
      mean(no),
      min(no),
      max(no),
      variance(no),
      first(no),
      collect(no),
    ]
    for (const aggregate of throwing) {
      let failedAt = -1
      const add = (): void =>
        aggregate.start(1).add(new Int32Array(4), [1, 2, 3, 4], Float64Array.of(4, 3, 2, 1), 1, 4, (cause, at) => {
          failedAt = at
          throw cause
        })
      expect(add).toThrow('no three')
      expect(failedAt).toBe(2)
    }
  })

  it('of functions without merge says that it cannot be merged', () => {
    const aggregate = customAggregate<number, number, number>(
      { create: () => 0, add: a => a + 1, finish: a => a },
      'visits',
    )
    expect(() => new Slots(aggregate).merge(0, 1)).toThrow('AGGREGATE_INVALID: the aggregate "visits" cannot be merged')
  })

  it('of no names computes nothing, which is refused', () => {
    expect(() => combine({})).toThrow('AGGREGATE_INVALID')
  })

  it('hands out a list that the receiver may change', () => {
    const slots = new Slots(collect<number>()).fill(0, [{ value: 1, time: 0 }])
    slots.result(0).push(99)
    expect(slots.fill(0, [{ value: 2, time: 0 }]).result(0)).toEqual([1, 2])
  })

  it('without event time takes records in the order in which they came', () => {
    const records = [1, 2, 3].map(value => ({ value, time: Number.NaN }))
    expect(new Slots(first<number>()).fill(0, records).result(0)).toBe(1)
    expect(new Slots(last<number>()).fill(0, records).result(0)).toBe(3)
  })
})

function twoPasses(values: readonly number[], freedom: number): number {
  const middle = values.reduce((a, b) => a + b, 0) / values.length
  const divisor = values.length - freedom
  return divisor > 0 ? values.reduce((a, b) => a + (b - middle) ** 2, 0) / divisor : Number.NaN
}

/** Within what the rounding of a few dozen additions can do to values of this size. */
function near(exact: number): (actual: number) => boolean {
  return actual =>
    Number.isNaN(exact) ? Number.isNaN(actual) : Math.abs(actual - exact) <= 1e-9 * Math.max(1, exact) + 1e-3
}
