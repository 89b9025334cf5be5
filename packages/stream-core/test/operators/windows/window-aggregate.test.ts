import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { combine } from '../../../src/aggregates/combine.ts'
import { count, max, mean, min } from '../../../src/index.ts'
import { tumbling } from '../../../src/windows/tumbling.ts'
import {
  aggregated,
  at,
  collected,
  firstOnTime,
  late,
  lateAt,
  onTime,
  quietAt,
  type Reading,
  result,
} from '../reading.ts'

const END = Number.POSITIVE_INFINITY

describe('a window [start, end)', () => {
  it('emits when the watermark reaches end - 1, between exactly those two records where it does', async () => {
    await verifyOperator(collected(), {
      input: [
        at(1, 1),
        at(12, 2),
        { watermark: 8 },
        at(9, 3),
        { watermark: 9 },
        at(9, 4),
        at(13, 5),
        { watermark: 18 },
        at(14, 6),
        { watermark: 19 },
      ],
      expected: [{ watermark: 8 }, result(0, [1, 3]), { watermark: 18 }, result(10, [2, 5, 6]), { watermark: 19 }],
      sides: { late: [{ watermark: 9 }, late(9, 4, 9, 0), { watermark: 19 }] },
    })
  })

  it('takes its first millisecond and not its last', async () => {
    await verifyOperator(collected(), {
      input: [at(10, 1), at(19, 2), at(20, 3), { watermark: END }],
      expected: [result(10, [1, 2]), result(20, [3])],
    })
  })

  it('is found by flooring, for times before 1970 too', async () => {
    await verifyOperator(collected(), {
      input: [at(-1, 1), at(-10, 2), at(-11, 3), at(0, 4), { watermark: -1 }, at(5, 5), { watermark: END }],
      expected: [result(-20, [3]), result(-10, [1, 2]), { watermark: -1 }, result(0, [4, 5]), { watermark: END }],
    })
  })

  it('is shifted by its offset, a negative one too', async () => {
    await verifyOperator(collected({ windows: tumbling(10, 3) }), {
      input: [at(2, 1), at(3, 2), at(-8, 3), at(-7, 4), { watermark: END }],
      expected: [result(-17, [3]), result(-7, [1, 4]), result(3, [2])],
    })
    await verifyOperator(collected({ windows: tumbling(10, -2) }), {
      input: [at(7, 1), at(8, 2), at(-3, 3), { watermark: END }],
      expected: [result(-12, [3]), result(-2, [1]), result(8, [2])],
    })
  })

  it('emits nothing where there was no record', async () => {
    await verifyOperator(collected(), {
      input: [{ watermark: 100 }, at(105, 1), { watermark: 300 }, { watermark: END }],
      expected: [{ watermark: 100 }, result(100, [1]), { watermark: END }],
    })
  })

  it('emits its keys in the order in which they first came', async () => {
    await verifyOperator(collected(), {
      input: [
        at(1, 1, 'c'),
        at(2, 2, 'a'),
        at(11, 3, 'b'),
        at(3, 4, 'b'),
        at(12, 5, 'a'),
        at(4, 6, 'c'),
        { watermark: END },
      ],
      expected: [
        result(0, [1, 6], { key: 'c' }),
        result(0, [2], { key: 'a' }),
        result(0, [4], { key: 'b' }),
        result(10, [3], { key: 'b' }),
        result(10, [5], { key: 'a' }),
      ],
    })
  })

  it('keeps that order where slots of a closed window serve again', async () => {
    await verifyOperator(collected(), {
      input: [
        at(1, 1, 'x'),
        at(11, 2, 'first'),
        { watermark: 9 },
        at(12, 3, 'second'),
        at(13, 4, 'third'),
        { watermark: 19 },
        at(21, 5, 'x'),
        at(22, 6, 'second'),
        { watermark: END },
      ],
      expected: [
        result(0, [1], { key: 'x' }),
        result(10, [2], { key: 'first' }),
        result(10, [3], { key: 'second' }),
        result(10, [4], { key: 'third' }),
        result(20, [5], { key: 'x' }),
        result(20, [6], { key: 'second' }),
      ],
    })
  })

  it('may be open together with any number of others, and they emit in order of time', async () => {
    const starts = Array.from({ length: 30 }, (_, i) => ((i * 7) % 30) * 10)
    await verifyOperator(collected(), {
      input: [...starts.map(start => at(start, start)), { watermark: 149 }, { watermark: END }],
      expected: [
        ...Array.from({ length: 15 }, (_, i) => result(i * 10, [i * 10])),
        { watermark: 149 },
        ...Array.from({ length: 15 }, (_, i) => result(150 + i * 10, [150 + i * 10])),
        { watermark: END },
      ],
    })
  })
})

describe('the watermark of a window operator', () => {
  it('counts for each record as it was before that record, not as it is behind its batch', async () => {
    await verifyOperator(collected(), {
      input: [at(5, 1), { watermark: 4 }, at(50, 2), { watermark: 49 }, at(6, 3), at(51, 4), { watermark: 59 }],
      expected: [{ watermark: 4 }, result(0, [1]), { watermark: 49 }, result(50, [2, 4]), { watermark: 59 }],
      sides: { late: [{ watermark: 49 }, late(6, 3, 49, 40), { watermark: 59 }] },
    })
  })

  it('comes after the results that it releases', async () => {
    await verifyOperator(collected(), {
      input: [at(1, 1), at(11, 2), { watermark: 30 }],
      expected: [result(0, [1]), result(10, [2]), { watermark: 30 }],
    })
  })

  it('is passed on when no window emits, and when there is no record', async () => {
    await verifyOperator(collected(), {
      input: [{ watermark: -50 }, at(1, 1), { watermark: 3 }, { idle: true }, { watermark: 4 }],
      expected: [{ watermark: 3 }, { idle: true }, { watermark: 4 }],
    })
  })

  it('of +Infinity ends the input: everything open is emitted, in order', async () => {
    await verifyOperator(collected({ allowedLatenessMs: 1_000 }), {
      input: [at(25, 3), at(1, 1), at(11, 2), { watermark: 9 }, { watermark: END }],
      expected: [
        result(0, [1], { pane: firstOnTime }),
        { watermark: 9 },
        result(10, [2]),
        result(20, [3]),
        { watermark: END },
      ],
    })
  })

  it('makes every record late that comes after the end of the input', async () => {
    await verifyOperator(collected({ allowedLatenessMs: 1_000 }), {
      input: [at(1, 1), { watermark: END }, at(2_000, 2)],
      expected: [result(0, [1]), { watermark: END }],
      sides: { late: [{ watermark: END }, late(2_000, 2, END, END)] },
      metrics: { lateRecords: 1 },
    })
  })
})

describe('a record behind the watermark', () => {
  it('is not late while its window is open', async () => {
    await verifyOperator(collected(), {
      input: [at(15, 1), { watermark: 14 }, at(10, 2), at(12, 3), { watermark: 19 }],
      expected: [{ watermark: 14 }, result(10, [1, 2, 3]), { watermark: 19 }],
      sides: { late: [{ watermark: 19 }] },
      metrics: { lateRecords: 0 },
    })
  })

  it('is late once its window is closed, and the late output says by how much', async () => {
    await verifyOperator(collected(), {
      input: [{ watermark: 9 }, at(9, 1), { watermark: 25 }, at(3, 2), at(19, 3)],
      expected: [{ watermark: 25 }],
      sides: { late: [{ watermark: 9 }, late(9, 1, 9, 0), { watermark: 25 }, late(3, 2, 25, 16), late(19, 3, 25, 6)] },
      metrics: { lateRecords: 3 },
    })
  })

  it('makes its window emit again at once while the allowed lateness lasts, for its key alone', async () => {
    await verifyOperator(collected({ allowedLatenessMs: 5 }), {
      input: [
        at(1, 1),
        at(2, 2, 'b'),
        { watermark: 10 },
        at(3, 3),
        at(4, 4),
        { watermark: 13 },
        at(5, 5),
        { watermark: 14 },
        at(6, 6),
        { watermark: 30 },
      ],
      expected: [
        result(0, [1], { pane: firstOnTime }),
        result(0, [2], { key: 'b', pane: firstOnTime }),
        { watermark: 10 },
        result(0, [1, 3], { pane: lateAt(1) }),
        result(0, [1, 3, 4], { pane: lateAt(2) }),
        { watermark: 13 },
        result(0, [1, 3, 4, 5], { pane: lateAt(3) }),
        { watermark: 30 },
      ],
      sides: { late: [{ watermark: 14 }, late(6, 6, 14, 0), { watermark: 30 }] },
    })
  })

  it('opens a window within the allowed lateness that had no record before', async () => {
    await verifyOperator(collected({ allowedLatenessMs: 20 }), {
      input: [{ watermark: 12 }, at(3, 1), at(4, 2, 'b'), at(5, 3), { watermark: 29 }, at(6, 4), { watermark: END }],
      expected: [
        { watermark: 12 },
        result(0, [1], { pane: lateAt(0) }),
        result(0, [2], { key: 'b', pane: lateAt(0) }),
        result(0, [1, 3], { pane: lateAt(1) }),
        { watermark: END },
      ],
      sides: { late: [{ watermark: 29 }, late(6, 4, 29, 0), { watermark: END }] },
    })
  })

  it('is added while an earlier window is cleaned up and a later one is still open', async () => {
    await verifyOperator(collected({ allowedLatenessMs: 10 }), {
      input: [at(1, 1), at(11, 2), at(21, 3), { watermark: 19 }, at(2, 4), at(12, 5), at(22, 6), { watermark: END }],
      expected: [
        result(0, [1]),
        result(10, [2], { pane: firstOnTime }),
        { watermark: 19 },
        result(10, [2, 5], { pane: lateAt(1) }),
        result(20, [3, 6]),
        { watermark: END },
      ],
      sides: { late: [{ watermark: 19 }, late(2, 4, 19, 0), { watermark: END }] },
    })
  })
})

describe('the cleanup at end - 1 + allowed lateness', () => {
  it('does not emit again', async () => {
    await verifyOperator(collected({ allowedLatenessMs: 5 }), {
      input: [at(1, 1), { watermark: 9 }, { watermark: 14 }, { watermark: 100 }, { watermark: END }],
      expected: [result(0, [1], { pane: firstOnTime }), { watermark: END }],
    })
  })

  it('emits once when one watermark passes both the end and the cleanup', async () => {
    await verifyOperator(collected({ allowedLatenessMs: 5 }), {
      input: [at(1, 1), at(22, 2), { watermark: 14 }, { watermark: END }],
      expected: [result(0, [1]), { watermark: 14 }, result(20, [2]), { watermark: END }],
    })
  })

  it('survives a lateness that overflows the time', async () => {
    await verifyOperator(collected({ allowedLatenessMs: Number.MAX_SAFE_INTEGER }), {
      input: [at(1_001, 1), { watermark: 2_000 }, at(1_002, 2), { watermark: 3_000 }, at(1_003, 3), { watermark: END }],
      expected: [
        result(1_000, [1], { pane: firstOnTime }),
        { watermark: 2_000 },
        result(1_000, [1, 2], { pane: lateAt(1) }),
        { watermark: 3_000 },
        result(1_000, [1, 2, 3], { pane: lateAt(2) }),
        { watermark: END },
      ],
    })
  })

  it('leaves nothing in the state, nor in one that is restored from changes', () => {
    const spec = collected({ allowedLatenessMs: 5 })
    const harness = operatorHarness(spec)
    const empty = harness.snapshot('all').length
    const chain = [harness.snapshot('all')]
    for (let i = 0; i < 100; i++) harness.feed(at(1, i, `key ${i}`))
    chain.push(harness.snapshot('changes'))
    expect(harness.snapshot('all').length).toBeGreaterThan(1_000)
    harness.watermark(14)
    chain.push(harness.snapshot('changes'))
    expect(harness.snapshot('all')).toHaveLength(empty)
    harness.restart(chain)
    expect(harness.snapshot('all')).toHaveLength(empty)
  })

  it('forgets a window so that nothing of it is left for the next one of its key', async () => {
    await verifyOperator(
      aggregated(combine({ n: count(), min: min((r: Reading) => r.n), mean: mean((r: Reading) => r.n) })),
      {
        input: [at(1, 1), at(2, 3), { watermark: 9 }, at(11, 10), { watermark: 19 }, at(21, 7), { watermark: 29 }],
        expected: [
          result(0, { n: 2, min: 1, mean: 2 }),
          result(10, { n: 1, min: 10, mean: 10 }),
          result(20, { n: 1, min: 7, mean: 7 }),
        ],
      },
    )
  })
})

describe('a quiet input', () => {
  it('makes open windows emit, and keeps them open for what follows', async () => {
    await verifyOperator(collected({ emitWhenQuietMs: 1_000 }), {
      input: [at(1, 1), { watermark: 0 }, { quiet: true }, at(2, 2), { watermark: 9 }, { watermark: END }],
      expected: [
        { watermark: 0 },
        result(0, [1], { pane: quietAt(0) }),
        result(0, [1, 2], { pane: { ...onTime, index: 1 } }),
        { watermark: END },
      ],
    })
  })

  it('does not emit the same result twice, neither at the next quiet moment nor when the watermark comes', async () => {
    await verifyOperator(collected({ emitWhenQuietMs: 1_000 }), {
      input: [
        at(1, 1),
        at(2, 2, 'b'),
        { quiet: true },
        { quiet: true },
        at(3, 3),
        { quiet: true },
        { watermark: 9 },
        { watermark: END },
      ],
      expected: [
        result(0, [1], { pane: quietAt(0) }),
        result(0, [2], { key: 'b', pane: quietAt(0) }),
        result(0, [1, 3], { pane: quietAt(1) }),
      ],
      metrics: { quietFirings: 2 },
    })
  })

  it('makes windows emit in order of time, each under its own end', async () => {
    await verifyOperator(collected({ emitWhenQuietMs: 1_000 }), {
      input: [at(21, 3), at(1, 1), at(11, 2), { quiet: true }, { watermark: END }],
      expected: [
        result(0, [1], { pane: quietAt(0) }),
        result(10, [2], { pane: quietAt(0) }),
        result(20, [3], { pane: quietAt(0) }),
        { watermark: END },
      ],
    })
  })

  it('leaves windows alone that have emitted and wait for late records', async () => {
    await verifyOperator(collected({ emitWhenQuietMs: 1_000, allowedLatenessMs: 50 }), {
      input: [at(1, 1), { watermark: 12 }, at(2, 2), { quiet: true }, at(3, 3), { watermark: 20 }, { quiet: true }],
      expected: [
        result(0, [1], { pane: firstOnTime }),
        { watermark: 12 },
        result(0, [1, 2], { pane: lateAt(1) }),
        result(0, [1, 2, 3], { pane: lateAt(2) }),
        { watermark: 20 },
      ],
      metrics: { quietFirings: 0 },
    })
  })

  it('that is idle stays idle when its windows emit', async () => {
    await verifyOperator(collected({ emitWhenQuietMs: 1_000 }), {
      input: [at(1, 1), { watermark: 0 }, { idle: true }, { quiet: true }, { watermark: 5 }],
      expected: [
        { watermark: 0 },
        { idle: true },
        { active: true },
        result(0, [1], { pane: quietAt(0) }),
        { idle: true },
        { watermark: 5 },
      ],
    })
  })
})

describe('a window with several aggregates', () => {
  it('computes each of them over the same records', async () => {
    const aggregates = combine({
      n: count(),
      low: min((r: Reading) => r.n),
      high: max((r: Reading) => r.n),
      mean: mean((r: Reading) => r.n),
    })
    await verifyOperator(aggregated(aggregates, { allowedLatenessMs: 10 }), {
      input: [at(1, 4), at(2, -2, 'b'), at(3, 8), { watermark: 9 }, at(4, 0), at(12, 1), { watermark: END }],
      expected: [
        result(0, { n: 2, low: 4, high: 8, mean: 6 }, { pane: firstOnTime }),
        result(0, { n: 1, low: -2, high: -2, mean: -2 }, { key: 'b', pane: firstOnTime }),
        { watermark: 9 },
        result(0, { n: 3, low: 0, high: 8, mean: 4 }, { pane: lateAt(1) }),
        result(10, { n: 1, low: 1, high: 1, mean: 1 }),
        { watermark: END },
      ],
    })
  })
})
