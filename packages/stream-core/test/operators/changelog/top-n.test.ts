import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { ascending, descending, type KeyTtl, pipeline, type StreamError } from '../../../src/index.ts'
import { retractableTopN, type TopNOptions, topN } from '../../../src/operators/changelog/top-n.ts'
import type { Key } from '../../../src/state/key.ts'
import { byKey } from '../by-key.ts'
import { after, before, insert, remove } from './change.ts'

interface Book {
  readonly shelf: string
  readonly id: number
  readonly price: number
}

const book = (id: number, price: number, shelf = 'a'): Book => ({ shelf, id, price })
const cheapest = ascending((row: Book) => row.price)
const byShelf = byKey<Book>(row => row.shelf)

function top(n: number | ((row: Book) => number), options: Partial<TopNOptions<Book>> = {}) {
  return topN<Book>(n, { orderBy: cheapest, ...options }, byShelf)
}

function retractable(n: number, options: Partial<TopNOptions<Book>> = {}) {
  const key = byKey(({ value }: { readonly value: Book }) => value.shelf)
  return retractableTopN<Book>(n, { orderBy: cheapest, ...options }, key)
}

const input = (...rows: readonly Book[]) => rows.map((value, i) => ({ value, time: i }))
const ranked = (rank: number, row: Book) => ({ rank, row })

describe('topN', () => {
  it('inserts rows until there are n, then a row that falls out goes before the one that takes its place', async () => {
    await verifyOperator(top(2), {
      input: input(book(1, 12), book(2, 19), book(3, 20), book(4, 11), book(9, 50, 'b')),
      expected: [
        { value: insert(book(1, 12)), time: 0 },
        { value: insert(book(2, 19)), time: 1 },
        // A change has the event time of the row that it is about.
        { value: remove(book(2, 19)), time: 1 },
        { value: insert(book(4, 11)), time: 3 },
        { value: insert(book(9, 50, 'b')), time: 4 },
      ],
    })
  })

  it('keeps the row that came first of two that are equal in order', async () => {
    await verifyOperator(top(1), {
      input: input(book(1, 12), book(2, 12)),
      expected: [{ value: insert(book(1, 12)) }],
    })
  })

  it('with ranks updates every place from that of the new row down', async () => {
    await verifyOperator(top(3, { rank: true }), {
      input: input(book(1, 12), book(2, 19), book(3, 15), book(4, 11)),
      expected: [
        insert(ranked(1, book(1, 12))),
        insert(ranked(2, book(2, 19))),
        before(ranked(2, book(2, 19))),
        after(ranked(2, book(3, 15))),
        insert(ranked(3, book(2, 19))),
        before(ranked(1, book(1, 12))),
        after(ranked(1, book(4, 11))),
        before(ranked(2, book(3, 15))),
        after(ranked(2, book(1, 12))),
        before(ranked(3, book(2, 19))),
        after(ranked(3, book(3, 15))),
      ].map(value => ({ value })),
    })
  })

  it('with ranks and without updateBefore says only what each place has now', async () => {
    await verifyOperator(top(2, { rank: true, updateBefore: false }), {
      input: input(book(1, 12), book(2, 19), book(4, 11)),
      expected: [
        insert(ranked(1, book(1, 12))),
        insert(ranked(2, book(2, 19))),
        after(ranked(1, book(4, 11))),
        after(ranked(2, book(1, 12))),
      ].map(value => ({ value })),
    })
  })

  it('emits the ranks from `from` on, as updates of the places that rows move between', async () => {
    await verifyOperator(top(3, { from: 2 }), {
      input: input(book(1, 12), book(2, 19), book(4, 11), book(5, 10)),
      expected: [
        insert(book(2, 19)),
        before(book(2, 19)),
        after(book(1, 12)),
        insert(book(2, 19)),
        before(book(1, 12)),
        after(book(4, 11)),
        before(book(2, 19)),
        after(book(1, 12)),
      ].map(value => ({ value })),
    })
  })

  it('may take n from the first row of each key, and keeps to it', async () => {
    await verifyOperator(
      top(row => row.id),
      {
        input: input(book(2, 12), book(9, 19), book(2, 11), book(1, 33, 'b'), book(1, 44, 'b'), book(1, 22, 'b')),
        expected: [
          insert(book(2, 12)),
          insert(book(9, 19)),
          remove(book(9, 19)),
          insert(book(2, 11)),
          insert(book(1, 33, 'b')),
          remove(book(1, 33, 'b')),
          insert(book(1, 22, 'b')),
        ].map(value => ({ value })),
      },
    )
  })

  it('orders by several criteria, each in its own direction', async () => {
    await verifyOperator(top(1, { orderBy: [cheapest, descending(row => row.id)] }), {
      input: input(book(1, 12), book(2, 12), book(3, 13)),
      expected: [insert(book(1, 12)), remove(book(1, 12)), insert(book(2, 12))].map(value => ({ value })),
    })
  })

  it('keeps tuple keys apart, and gives each its own rows', async () => {
    const spec = topN<Book>(
      1,
      { orderBy: cheapest },
      byKey(({ shelf, id }): Key => [shelf, id % 2]),
    )
    await verifyOperator(spec, {
      input: input(book(1, 12), book(2, 19), book(3, 11)),
      expected: [insert(book(1, 12)), insert(book(2, 19)), remove(book(1, 12)), insert(book(3, 11))].map(value => ({
        value,
      })),
    })
  })

  it('holds n rows a key, however many come', () => {
    const harness = operatorHarness(top(2))
    for (let i = 0; i < 1_000; i++) harness.record(book(i, i))
    expect(harness.snapshot('all').length).toBeLessThan(200)
  })

  it('writes only the keys whose rows changed since the last snapshot', () => {
    const harness = operatorHarness(top(1))
    for (let i = 0; i < 1_000; i++) harness.record(book(i, 5, `shelf ${i}`))
    harness.snapshot('changes')
    harness.record(book(1, 9, 'shelf 7'))
    expect(harness.snapshot('changes').length).toBeLessThan(20)
    harness.record(book(1, 4, 'shelf 7'))
    expect(harness.snapshot('changes').length).toBeLessThan(100)
  })

  it('forgets a key that no row was kept of for the TTL, by wall clock', async () => {
    await verifyOperator(top(1, { ttl: { ms: 1_000, clock: 'processingTime' } }), {
      input: [
        { processingTime: 5 },
        { value: book(1, 12) },
        { processingTime: 1_004 },
        // Kept alive only by rows that count.
        { value: book(2, 13) },
        { processingTime: 1_005 },
        { value: book(3, 14) },
      ],
      expected: [{ value: insert(book(1, 12)) }, { value: insert(book(3, 14)) }],
    })
  })

  it('forgets by event time when the watermark has passed the last write by the TTL', async () => {
    await verifyOperator(top(1, { ttl: { ms: 1_000, clock: 'eventTime' } }), {
      input: [
        { value: book(1, 12), time: 100 },
        { watermark: 1_099 },
        { value: book(2, 13), time: 1_100 },
        { watermark: 1_100 },
        { value: book(3, 14), time: 1_101 },
        // A late row counts from now on: by its own time it would be forgotten at once.
        { watermark: 5_000 },
        { value: book(4, 15), time: 1_200 },
        { watermark: 5_999 },
        { value: book(5, 14), time: 6_100 },
        { watermark: 6_998 },
      ],
      expected: [
        { value: insert(book(1, 12)), time: 100 },
        { value: insert(book(3, 14)), time: 1_101 },
        { value: insert(book(4, 15)), time: 1_200 },
        { value: remove(book(4, 15)), time: 1_200 },
        { value: insert(book(5, 14)), time: 6_100 },
      ],
    })
  })

  it('is refused when it is built for what is no number of rows, rank, order or TTL', () => {
    for (const n of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => top(n)).toThrow('TOP_N_INVALID')
    expect(() => top(2, { from: 3 })).toThrow('from must not be above n')
    expect(() => top(2, { from: 0 })).toThrow('TOP_N_INVALID')
    expect(() => top(2, { orderBy: [] })).toThrow('ORDER_INVALID')
    expect(() => top(2, { ttl: { ms: 0, clock: 'processingTime' } })).toThrow('DURATION_INVALID')
    expect(() => top(2, { ttl: { ms: 5 } as KeyTtl })).toThrow('STATE_INVALID')
    expect(() => top(2, { ttl: { ms: 5, clock: 'sun' as 'eventTime' } })).toThrow('STATE_INVALID')
  })

  it('names the record whose sort key, key or n cannot be', () => {
    const failing = (spec: ReturnType<typeof top>, ...rows: readonly Book[]) => {
      const harness = operatorHarness(spec)
      for (const row of rows) harness.record(row)
    }
    expect(() => failing(top(1), book(1, Number.NaN))).toThrow('orderBy returned NaN')
    expect(() => failing(top(1), book(1, undefined as never))).toThrow('orderBy returned undefined')
    expect(() => failing(top(1), book(1, null as never))).toThrow('orderBy returned null')
    expect(() => failing(top(1), book(1, 1), book(2, 'one' as never))).toThrow('a number for one row')
    expect(() => failing(top(1), book(1, 1, null as never))).toThrow('KEY_INVALID')
    expect(() =>
      failing(
        top(row => row.price),
        book(1, 0.5),
      ),
    ).toThrow('TOP_N_INVALID')
  })

  it('refuses state of a newer version', () => {
    const harness = operatorHarness(top(1))
    const snapshot = harness.snapshot('all')
    snapshot[0] = 99
    expect(() => harness.restart([snapshot])).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_NEWER_VERSION' }) as StreamError,
    )
  })

  it('says what it does in explain()', () => {
    const job = pipeline('books')
    const rows = job.from<Book>([])
    rows.keyBy(row => row.shelf).topN(3, { orderBy: cheapest, from: 2, ttl: { ms: 60_000, clock: 'processingTime' } })
    expect(job.describe()).toContain('ranks 2 to 3; state kept 1 min by wall clock')
  })
})

describe('topN of a table that changes', () => {
  it('lets the next row move up when one is taken back', async () => {
    await verifyOperator(retractable(3), {
      input: [
        insert(book(1, 1)),
        insert(book(2, 2)),
        insert(book(3, 2)),
        insert(book(4, 2)),
        insert(book(5, 3)),
        before(book(2, 2)),
      ].map(value => ({ value })),
      expected: [
        insert(book(1, 1)),
        insert(book(2, 2)),
        insert(book(3, 2)),
        remove(book(2, 2)),
        insert(book(4, 2)),
      ].map(value => ({ value })),
    })
  })

  it('with ranks updates every place from that of the row that is gone, and deletes the last one', async () => {
    await verifyOperator(retractable(2, { rank: true }), {
      input: [
        insert(book(1, 12)),
        insert(book(2, 19)),
        after(book(4, 11)),
        before(book(1, 12)),
        remove(book(4, 11)),
        remove(book(2, 19)),
      ].map(value => ({ value })),
      expected: [
        insert(ranked(1, book(1, 12))),
        insert(ranked(2, book(2, 19))),
        before(ranked(1, book(1, 12))),
        after(ranked(1, book(4, 11))),
        before(ranked(2, book(2, 19))),
        after(ranked(2, book(1, 12))),
        before(ranked(2, book(1, 12))),
        after(ranked(2, book(2, 19))),
        before(ranked(1, book(4, 11))),
        after(ranked(1, book(2, 19))),
        remove(ranked(2, book(2, 19))),
        remove(ranked(1, book(2, 19))),
      ].map(value => ({ value })),
    })
  })

  it('says nothing of rows behind the n-th that come or go', async () => {
    await verifyOperator(retractable(2), {
      input: [
        insert(book(1, 1)),
        insert(book(2, 2)),
        insert(book(4, 4)),
        insert(book(5, 4)),
        remove(book(4, 4)),
        remove(book(1, 1)),
      ].map(value => ({ value })),
      expected: [insert(book(1, 1)), insert(book(2, 2)), remove(book(1, 1)), insert(book(5, 4))].map(value => ({
        value,
      })),
    })
  })

  it('counts a retraction of a row that is not there, and goes on', async () => {
    await verifyOperator(retractable(2), {
      input: [insert(book(1, 1)), remove(book(1, 2)), remove(book(7, 1)), remove(book(1, 1, 'b'))].map(value => ({
        value,
      })),
      expected: [{ value: insert(book(1, 1)) }],
      metrics: { missingRetractions: 3 },
    })
  })

  it('takes back one of several rows that are the same in everything', async () => {
    await verifyOperator(retractable(5), {
      input: [insert(book(1, 1)), insert(book(1, 1)), remove(book(1, 1))].map(value => ({ value })),
      expected: [insert(book(1, 1)), insert(book(1, 1)), remove(book(1, 1))].map(value => ({ value })),
    })
  })

  it('forgets a key with its last row', () => {
    const harness = operatorHarness(retractable(2))
    for (let i = 0; i < 1_000; i++) {
      harness.record(insert(book(i, i, `shelf ${i}`)))
      harness.record(remove(book(i, i, `shelf ${i}`)))
    }
    expect(harness.snapshot('changes').length).toBeLessThan(20)
    expect(harness.snapshot('all').length).toBeLessThan(20)
  })

  it('does not retract a row that the TTL has taken', async () => {
    await verifyOperator(retractable(2, { rank: true, ttl: { ms: 1_000, clock: 'processingTime' } }), {
      input: [
        { processingTime: 0 },
        { value: insert(book(1, 10)) },
        { processingTime: 1_001 },
        { value: insert(book(2, 11)) },
        { value: remove(book(1, 10)) },
      ],
      expected: [{ value: insert(ranked(1, book(1, 10))) }, { value: insert(ranked(1, book(2, 11))) }],
      metrics: { missingRetractions: 1 },
    })
  })
})
