import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../../runs.preset.ts'
import { combine, combineRetractable } from '../../../src/aggregates/combine.ts'
import type { RetractableAggregates } from '../../../src/aggregates/retractable.ts'
import { type Change, type ChangeOptions, collect, count, max, mean, min, sum } from '../../../src/index.ts'
import { groupAggregate, retractableGroupAggregate } from '../../../src/operators/changelog/group-aggregate.ts'
import { byKey } from '../by-key.ts'
import { after, before, insert, remove } from './change.ts'
import { tableOf } from './table-of.ts'

interface Order {
  readonly user: string
  readonly price: number
}

const order = (price: number, user = 'a'): Order => ({ user, price })
const total = { n: count(), total: sum((row: Order) => row.price) }

function grouped(options: ChangeOptions = {}) {
  return groupAggregate<string, Order, { n: number; total: number }>(
    combine<Order, { n: number; total: number }>(total),
    options,
    byKey(row => row.user),
  )
}

function changing<R extends object>(aggregates: RetractableAggregates<Order, R>, options: ChangeOptions = {}) {
  return retractableGroupAggregate<string, Order, R>(
    combineRetractable<Order, R>(aggregates),
    options,
    byKey(({ value }) => value.user),
  )
}

const row = (n: number, sumOf: number, key = 'a') => ({ key, value: { n, total: sumOf } })
const values = <T>(...list: readonly T[]) => list.map(value => ({ value }))

describe('groupAggregate', () => {
  it('inserts the row of a key with its first record, and updates it with every further one', async () => {
    await verifyOperator(grouped(), {
      input: [
        { value: order(5), time: 1 },
        { value: order(7), time: 2 },
        { value: order(1, 'b'), time: 3 },
      ],
      expected: [
        { value: insert(row(1, 5)), time: 1 },
        { value: before(row(1, 5)), time: 2 },
        { value: after(row(2, 12)), time: 2 },
        { value: insert(row(1, 1, 'b')), time: 3 },
      ],
    })
  })

  it('leaves out what was before when nobody needs it', async () => {
    await verifyOperator(grouped({ updateBefore: false }), {
      input: values(order(5), order(7)),
      expected: values(insert(row(1, 5)), after(row(2, 12))),
    })
  })

  it('says nothing when the result stays the same, unless there is a TTL', async () => {
    const highest = (options: ChangeOptions) =>
      groupAggregate<string, Order, { highest: number }>(
        combine<Order, { highest: number }>({ highest: max(r => r.price) }),
        options,
        byKey(r => r.user),
      )
    const result = { key: 'a', value: { highest: 5 } }
    await verifyOperator(highest({}), { input: values(order(5), order(3)), expected: values(insert(result)) })
    await verifyOperator(highest({ ttl: { ms: 10, clock: 'processingTime' } }), {
      input: values(order(5), order(3)),
      expected: values(insert(result), before(result), after(result)),
    })
  })

  it('begins anew with a key whose state the TTL has taken', async () => {
    await verifyOperator(grouped({ ttl: { ms: 10, clock: 'processingTime' } }), {
      input: [
        { value: order(5) },
        { processingTime: 9 },
        { value: order(6) },
        { processingTime: 19 },
        { value: order(7) },
      ],
      expected: values(insert(row(1, 5)), before(row(1, 5)), after(row(2, 11)), insert(row(1, 7))),
    })
  })

  it('uses the place of a key that is gone for another', () => {
    const harness = operatorHarness(grouped({ ttl: { ms: 10, clock: 'processingTime' } }))
    for (let round = 0; round < 100; round++) {
      harness.processingTime(round * 10)
      for (let i = 0; i < 50; i++) harness.record(order(1, `user ${round} ${i}`))
    }
    const inserted = harness.take().filter(item => 'value' in item && item.value.op === 'insert')
    expect(inserted).toHaveLength(5_000)
    expect(inserted.every(item => 'value' in item && item.value.value.value.total === 1)).toBe(true)
  })
})

describe('groupAggregate of a table that changes', () => {
  it('takes rows back, and deletes the row of a key with its last one', async () => {
    await verifyOperator(changing(total), {
      input: values(insert(order(5)), after(order(7)), before(order(5)), remove(order(7)), insert(order(1))),
      expected: values(
        insert(row(1, 5)),
        before(row(1, 5)),
        after(row(2, 12)),
        before(row(2, 12)),
        after(row(1, 7)),
        remove(row(1, 7)),
        insert(row(1, 1)),
      ),
    })
  })

  it('counts a retraction for a key without rows, and goes on', async () => {
    await verifyOperator(changing(total), {
      input: values(remove(order(5)), insert(order(7)), remove(order(1, 'b'))),
      expected: values(insert(row(1, 7))),
      metrics: { missingRetractions: 2 },
    })
  })

  it('finds the next smallest and largest when one is taken back', async () => {
    const result = (lowest: number, highest: number) => ({ key: 'a', value: { lowest, highest } })
    const extremes = { lowest: min((r: Order) => r.price), highest: max((r: Order) => r.price) }
    await verifyOperator(changing(extremes, { updateBefore: false }), {
      input: values(
        insert(order(5)),
        insert(order(3)),
        insert(order(3)),
        insert(order(9)),
        remove(order(3)),
        remove(order(3)),
        remove(order(9)),
      ),
      expected: values(
        insert(result(5, 5)),
        after(result(3, 5)),
        after(result(3, 9)),
        after(result(5, 9)),
        after(result(5, 5)),
      ),
    })
  })

  it('is as exact after rows have come and gone as it was before them', async () => {
    const spec = changing({ total: sum((r: Order) => r.price), mean: mean((r: Order) => r.price) })
    const harness = operatorHarness(spec)
    harness.record(insert(order(0.1)))
    for (const price of [1e15, Number.NaN, Number.POSITIVE_INFINITY, 0.7]) {
      harness.record(insert(order(price)))
      harness.record(remove(order(price)))
    }
    const last = harness.take().findLast(item => 'value' in item)
    expect(last).toEqual({ value: after({ key: 'a', value: { total: 0.1, mean: 0.1 } }), time: Number.NaN })
  })

  it('refuses an aggregate that cannot take a row back when it is built', () => {
    const aggregates = { all: collect((r: Order) => r.price) } as unknown as RetractableAggregates<
      Order,
      { all: number }
    >
    expect(() => changing(aggregates)).toThrow('"all: collect" cannot take a row back')
    expect(() => changing({})).toThrow('AGGREGATE_INVALID')
  })

  it('gives what the aggregates of the rows are that are left, whatever came and went', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ user: fc.constantFrom('a', 'b'), price: fc.integer({ min: -5, max: 5 }) }),
        fc.nat(30),
        fc.constant('snapshot' as const),
      ),
      { maxLength: 80 },
    )
    const aggregates = {
      n: count(),
      total: sum((r: Order) => r.price),
      mean: mean((r: Order) => r.price),
      lowest: min((r: Order) => r.price),
      highest: max((r: Order) => r.price),
    }
    fc.assert(
      fc.property(steps, list => {
        const harness = operatorHarness(changing(aggregates))
        const chain = [harness.snapshot('all')]
        const rows: Order[] = []
        for (const step of list) {
          if (step === 'snapshot') {
            chain.push(harness.snapshot('changes'))
            harness.restart(chain)
          } else if (typeof step === 'object') {
            rows.push(step)
            harness.record(insert(step))
          } else if (rows.length > 0) {
            harness.record(remove(rows.splice(step % rows.length, 1)[0]!))
          }
        }
        const changes = harness.take().flatMap(item => ('value' in item ? [item.value as Change<{ key: string }>] : []))
        const expected = ['a', 'b'].flatMap(key => {
          const prices = rows.filter(r => r.user === key).map(r => r.price)
          if (prices.length === 0) return []
          const sumOf = prices.reduce((a, b) => a + b, 0)
          const value = { n: prices.length, total: sumOf, mean: sumOf / prices.length }
          return [{ key, value: { ...value, lowest: Math.min(...prices), highest: Math.max(...prices) } }]
        })
        const table = tableOf(changes).sort((a, b) => (a.key < b.key ? -1 : 1))
        expect(table).toEqual(expected)
      }),
      { numRuns: propertyRuns(500), seed: 4 },
    )
  })
})
