import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { customAggregate, sum } from '../../../src/index.ts'
import { type SessionAggregateOptions, sessionAggregate } from '../../../src/operators/windows/session-aggregate.ts'
import type { Key } from '../../../src/state/key.ts'
import { sessions } from '../../../src/windows/session.ts'
import { byKey } from '../by-key.ts'
import { at, firstOnTime, late, lateAt, onTime, quietAt, type Reading, result } from '../reading.ts'

const END = Number.POSITIVE_INFINITY

function summed(options: Partial<SessionAggregateOptions<Reading>> = {}) {
  return sessionAggregate<Key, Reading, number>(
    sum(reading => reading.n),
    { key: byKey(reading => reading.key), windows: sessions<Reading>(10), allowedLatenessMs: 0, ...options },
  )
}

describe('sessions in columns', () => {
  it('last from the first record to the last one and the gap behind it; those that only touch are one', async () => {
    await verifyOperator(summed(), {
      input: [at(1, 1), at(11, 2), at(30, 4), at(2, 8, 'b'), { watermark: 20 }, { watermark: END }],
      expected: [
        result(2, 8, { key: 'b', sizeMs: 10 }),
        result(1, 3, { sizeMs: 20 }),
        { watermark: 20 },
        result(30, 4, { sizeMs: 10 }),
        { watermark: END },
      ],
    })
  })

  it('become one when a record bridges them', async () => {
    await verifyOperator(summed(), {
      input: [at(40, 4), at(1, 1), at(20, 2), at(10, 8), at(30, 16), { watermark: END }],
      expected: [result(1, 31, { sizeMs: 49 }), { watermark: END }],
    })
  })

  it('are not shortened by a record with a shorter gap', async () => {
    const windows = sessions<Reading>(reading => reading.n)
    await verifyOperator(summed({ windows }), {
      input: [at(0, 50), at(5, 3), { watermark: 30 }, { watermark: END }],
      expected: [{ watermark: 30 }, result(0, 53, { sizeMs: 50 }), { watermark: END }],
    })
  })

  it('turn a record away that touches none and is over on its own', async () => {
    await verifyOperator(summed(), {
      input: [at(1, 1), { watermark: 10 }, at(1, 2), { watermark: 12 }],
      expected: [result(1, 1, { sizeMs: 10 }), { watermark: 12 }],
      sides: { late: [{ watermark: 10 }, late(1, 2, 10, 0), { watermark: 12 }] },
    })
  })

  it('take a record that would be too late alone where it reaches one that is kept, and emit again at once', async () => {
    await verifyOperator(summed({ allowedLatenessMs: 10 }), {
      input: [at(16, 1), { watermark: 30 }, at(10, 2), { watermark: 31 }, at(24, 4), { watermark: END }],
      expected: [
        result(16, 1, { sizeMs: 10, pane: firstOnTime }),
        { watermark: 30 },
        result(10, 3, { sizeMs: 16, pane: lateAt(1) }),
        { watermark: 31 },
        // It ends behind the watermark now, so it is open again.
        result(10, 7, { sizeMs: 24, pane: { ...onTime, index: 2 } }),
        { watermark: END },
      ],
      metrics: { lateRecords: 0 },
    })
  })

  it('emit for quiet, and not once more for nothing', async () => {
    await verifyOperator(summed({ emitWhenQuietMs: 1_000 }), {
      input: [
        at(1, 1),
        { quiet: true },
        { quiet: true },
        at(30, 2),
        { watermark: 15 },
        { quiet: true },
        { watermark: END },
      ],
      expected: [
        result(1, 1, { sizeMs: 10, pane: quietAt(0) }),
        { watermark: 15 },
        result(30, 2, { sizeMs: 10, pane: quietAt(0) }),
        { watermark: END },
      ],
      metrics: { quietFirings: 2 },
    })
  })

  it('hold nothing once they have ended, nor does a restored one', () => {
    const harness = operatorHarness(summed())
    const empty = harness.snapshot('all').length
    const chain = [harness.snapshot('all')]
    for (let i = 0; i < 1_000; i++) harness.feed(at(i % 7, i, i % 2 === 0 ? `key ${i}` : ['tuple', i]))
    chain.push(harness.snapshot('changes'))
    harness.watermark(100)
    chain.push(harness.snapshot('changes'))
    // All that is left is the count of sessions that ever were.
    expect(harness.snapshot('all').length).toBeLessThan(empty + 4)
    harness.restart(chain)
    expect(harness.snapshot('all').length).toBeLessThan(empty + 4)
  })

  it('name the record whose gap is none', () => {
    const harness = operatorHarness(summed({ windows: sessions<Reading>(reading => reading.n) }))
    harness.feed(at(1, 1))
    expect(() => harness.feed(at(2, 0))).toThrow(expect.objectContaining({ code: 'WINDOW_INVALID' }))
  })

  it('refuse an aggregate that cannot be merged', () => {
    const unmergeable = customAggregate<Reading, number, number>({ create: () => 0, add: n => n, finish: n => n })
    const options = {
      key: byKey((reading: Reading) => reading.key),
      windows: sessions<Reading>(10),
      allowedLatenessMs: 0,
    }
    expect(() => sessionAggregate(unmergeable, options)).toThrow('AGGREGATE_INVALID')
  })
})
