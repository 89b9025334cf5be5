import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { combine } from '../../../src/aggregates/combine.ts'
import { count, customAggregate, max, mean, sum } from '../../../src/index.ts'
import { slicedAggregate } from '../../../src/operators/windows/sliced-aggregate.ts'
import type { Key } from '../../../src/state/key.ts'
import { calendar } from '../../../src/windows/calendar.ts'
import { cumulate } from '../../../src/windows/cumulate.ts'
import { sliding } from '../../../src/windows/sliding.ts'
import { byKey } from '../by-key.ts'
import { aggregated, at, firstOnTime, lateAt, onTime, quietAt, type Reading, result } from '../reading.ts'

const END = Number.POSITIVE_INFINITY
const total = sum((reading: Reading) => reading.n)

describe('sliding windows', () => {
  const windows = sliding(20, 10)

  it('emit a key in each window that holds a record of it', async () => {
    await verifyOperator(aggregated(total, { windows }), {
      input: [at(5, 1), at(12, 2), at(25, 4, 'b'), { watermark: 9 }, { watermark: 19 }, { watermark: END }],
      expected: [
        result(-10, 1, { sizeMs: 20 }),
        { watermark: 9 },
        result(0, 3, { sizeMs: 20 }),
        { watermark: 19 },
        result(10, 2, { sizeMs: 20 }),
        result(10, 4, { key: 'b', sizeMs: 20 }),
        result(20, 4, { key: 'b', sizeMs: 20 }),
        { watermark: END },
      ],
    })
  })

  it('emit their keys in the order in which they first came to the window, whatever slice they came to', async () => {
    await verifyOperator(aggregated(total, { windows }), {
      input: [at(15, 1, 'late slice'), at(5, 2, 'early slice'), { watermark: 19 }],
      expected: [
        result(-10, 2, { key: 'early slice', sizeMs: 20 }),
        result(0, 1, { key: 'late slice', sizeMs: 20 }),
        result(0, 2, { key: 'early slice', sizeMs: 20 }),
        { watermark: 19 },
      ],
    })
  })

  it('count a record that is late for some of them in the others', async () => {
    await verifyOperator(aggregated(total, { windows }), {
      input: [at(5, 1), { watermark: 9 }, at(6, 2), { watermark: 19 }, at(7, 4)],
      expected: [result(-10, 1, { sizeMs: 20 }), { watermark: 9 }, result(0, 3, { sizeMs: 20 }), { watermark: 19 }],
      metrics: { lateRecords: 1 },
    })
  })

  it('may get their first record late, before the window that was to be the next one', async () => {
    await verifyOperator(aggregated(total, { windows: sliding(30, 10) }), {
      input: [at(-25, 1), at(25, 2), { watermark: 0 }, at(-15, 4), { watermark: 19 }],
      expected: [
        result(-50, 1, { sizeMs: 30 }),
        result(-40, 1, { sizeMs: 30 }),
        result(-30, 1, { sizeMs: 30 }),
        { watermark: 0 },
        result(-20, 4, { sizeMs: 30 }),
        { watermark: 19 },
      ],
    })
  })

  it('emit again at once, each that has emitted, while the allowed lateness lasts', async () => {
    await verifyOperator(aggregated(total, { windows, allowedLatenessMs: 15 }), {
      input: [at(5, 1), { watermark: 19 }, at(6, 2), at(7, 4), { watermark: 24 }, at(8, 8), { watermark: END }],
      expected: [
        result(-10, 1, { sizeMs: 20, pane: firstOnTime }),
        result(0, 1, { sizeMs: 20, pane: firstOnTime }),
        { watermark: 19 },
        result(-10, 3, { sizeMs: 20, pane: lateAt(1) }),
        result(0, 3, { sizeMs: 20, pane: lateAt(1) }),
        result(-10, 7, { sizeMs: 20, pane: lateAt(2) }),
        result(0, 7, { sizeMs: 20, pane: lateAt(2) }),
        { watermark: 24 },
        result(0, 15, { sizeMs: 20, pane: lateAt(3) }),
        { watermark: END },
      ],
    })
  })

  it('emit for quiet, and not once more for nothing', async () => {
    await verifyOperator(aggregated(total, { windows, emitWhenQuietMs: 1_000 }), {
      input: [at(5, 1), { quiet: true }, { quiet: true }, { watermark: 9 }, at(12, 2), { watermark: 19 }],
      expected: [
        result(-10, 1, { sizeMs: 20, pane: quietAt(0) }),
        result(0, 1, { sizeMs: 20, pane: quietAt(0) }),
        { watermark: 9 },
        result(0, 3, { sizeMs: 20, pane: { ...onTime, index: 1 } }),
        { watermark: 19 },
      ],
      metrics: { quietFirings: 2 },
    })
  })

  it('whose slide is larger than their size leave records out, and count them', async () => {
    await verifyOperator(aggregated(total, { windows: sliding(10, 30) }), {
      input: [at(5, 1), at(15, 2), at(29, 4), at(31, 8), { watermark: END }],
      expected: [result(0, 1), result(30, 8), { watermark: END }],
      metrics: { recordsWithoutWindow: 2, lateRecords: 0 },
    })
  })

  it('hold nothing, not even what was merged ahead, once the last window of a key has passed', () => {
    const harness = operatorHarness(aggregated(total, { windows: sliding(60, 10), allowedLatenessMs: 5 }))
    const empty = harness.snapshot('all').length
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 500; i++) harness.feed(at(round * 1_000 + (i % 60), i, `key ${round} ${i}`))
      harness.watermark(round * 1_000 + 500)
      // All that is left is the count of keys that ever came.
      expect(harness.snapshot('all').length).toBeLessThan(empty + 4)
    }
  })

  it('refuse an aggregate that cannot be merged, and say what to do', () => {
    const unmergeable = customAggregate<Reading, number, number>({
      create: () => 0,
      add: (sofar, { n }) => sofar + n,
      finish: sofar => sofar,
    })
    for (const aggregate of [unmergeable, combine({ n: count(), own: unmergeable })]) {
      expect(() => aggregated<unknown>(aggregate, { windows })).toThrow('AGGREGATE_INVALID')
      expect(() => aggregated<unknown>(aggregate, { windows: sliding(10, 10) })).not.toThrow()
    }
  })
})

describe('cumulate windows', () => {
  it('emit at each step what came since their start, also where nothing came in the step', async () => {
    await verifyOperator(aggregated(total, { windows: cumulate(30, 10) }), {
      input: [
        at(5, 1),
        { watermark: 9 },
        { watermark: 19 },
        at(25, 2),
        at(31, 4),
        { watermark: 29 },
        { watermark: END },
      ],
      expected: [
        result(0, 1, { sizeMs: 10 }),
        { watermark: 9 },
        result(0, 1, { sizeMs: 20 }),
        { watermark: 19 },
        result(0, 3, { sizeMs: 30 }),
        { watermark: 29 },
        result(30, 4, { sizeMs: 10 }),
        result(30, 4, { sizeMs: 20 }),
        result(30, 4, { sizeMs: 30 }),
        { watermark: END },
      ],
    })
  })
})

describe('calendar windows', () => {
  it('emit with the local midnight, also on days of 23 hours', async () => {
    const hour = 3_600_000
    const [start, end] = [Date.parse('2024-03-30T23:00:00Z'), Date.parse('2024-03-31T22:00:00Z')]
    expect(end - start).toBe(23 * hour)
    const windows = calendar('day', { timeZone: 'Europe/Berlin' })
    await verifyOperator(aggregated(total, { windows }), {
      input: [at(start, 1), at(end - 1, 2), at(end, 4), { watermark: end - 1 }, { watermark: END }],
      expected: [
        result(start, 3, { sizeMs: 23 * hour }),
        { watermark: end - 1 },
        result(end, 4, { sizeMs: 24 * hour }),
        { watermark: END },
      ],
    })
  })

  it('name the record whose time has no date', () => {
    const harness = operatorHarness(aggregated(total, { windows: calendar('month') }))
    expect(() => harness.feed(at(9e15, 1))).toThrow(expect.objectContaining({ code: 'EVENT_TIME_INVALID' }))
  })
})

describe('the state of sliced windows', () => {
  it('is refused by windows of another shape', () => {
    const before = operatorHarness(aggregated(total, { windows: sliding(20, 10) }))
    before.feed(at(15, 1))
    const snapshot = before.snapshot('all')
    const after = operatorHarness(aggregated(total, { windows: sliding(20, 20, 3) }))
    expect(() => after.restart([snapshot])).toThrow('STATE_INVALID')
  })

  it('of a hundred thousand keys is written and restored', () => {
    const spec = slicedAggregate<Key, number, { n: number; mean: number; high: number }>(
      combine({ n: count(), mean: mean((n: number) => n), high: max((n: number) => n) }),
      { key: byKey(n => n), windows: sliding(20, 10), allowedLatenessMs: 0 },
    )
    const harness = operatorHarness(spec)
    const values = Array.from({ length: 100_000 }, (_, n) => n)
    harness.batch({
      values,
      times: new Float64Array(values.length).fill(5),
      watermarks: new Float64Array(values.length).fill(Number.NEGATIVE_INFINITY),
      offsets: new Float64Array(values.length),
      size: values.length,
      watermark: Number.NEGATIVE_INFINITY,
      idle: false,
      origin: undefined,
    })
    harness.restart([harness.snapshot('all')])
    harness.watermark(9)
    expect(harness.take()).toHaveLength(values.length + 1)
  })
})
