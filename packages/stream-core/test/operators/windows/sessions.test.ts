import { verifyOperator } from '@rtp/stream-testing'
import { describe, expect, test } from 'vitest'
import { customAggregate } from '../../../src/aggregates/custom.ts'
import { afterEndOfWindow, atEnd, delta, everyCount, everyEventTime, purging, sessions } from '../../../src/index.ts'
import { at, late, type Reading } from '../reading.ts'
import { belated, change, complete, early, emitted, final, retracted, windowed } from './readings-in-windows.ts'

const assigner = sessions<Reading>(10)

describe('a session', () => {
  test('lasts from its first record to the gap behind its last', async () => {
    await verifyOperator(windowed({ assigner }), {
      input: [at(1, 1), at(8, 2), at(5, 3), { watermark: 16 }, { watermark: 17 }],
      expected: [{ watermark: 16 }, emitted(1, 18, [1, 2, 3], final(0)), { watermark: 17 }],
    })
  })

  test('is one with another that it only touches, and apart from one that it does not', async () => {
    await verifyOperator(windowed({ assigner }), {
      input: [at(0, 1), at(20, 2), at(10, 3), at(41, 4), { watermark: 100 }],
      expected: [emitted(0, 30, [1, 2, 3], final(0)), emitted(41, 51, [4], final(0))],
    })
  })

  test('is not ended by the end of another key', async () => {
    await verifyOperator(windowed({ assigner }), {
      input: [at(0, 1), at(5, 2, 'b'), { watermark: 9 }, at(14, 3, 'b'), { watermark: 30 }],
      expected: [emitted(0, 10, [1], final(0)), emitted(5, 24, [2, 3], final(0), 'b')],
    })
  })

  test('keeps its end when a later record brings a shorter gap', async () => {
    const gaps = sessions<Reading>(reading => reading.n)
    await verifyOperator(windowed({ assigner: gaps }), {
      input: [at(0, 100), at(10, 5), { watermark: 98 }, { watermark: 99 }],
      expected: [{ watermark: 98 }, emitted(0, 100, [100, 5], final(0)), { watermark: 99 }],
    })
  })

  test('takes a record behind the watermark while it is open', async () => {
    await verifyOperator(windowed({ assigner }), {
      input: [at(10, 1), { watermark: 15 }, at(6, 2), { watermark: 30 }],
      expected: [emitted(6, 20, [1, 2], final(0))],
      sides: { late: [] },
    })
  })

  test('that would be over already is late', async () => {
    await verifyOperator(windowed({ assigner }), {
      input: [at(10, 1), { watermark: 19 }, at(9, 2), at(10, 3)],
      expected: [emitted(10, 20, [1], final(0))],
      sides: { late: [late(9, 2, 19, 1), late(10, 3, 19, 0)] },
    })
  })

  test('that is over but kept is enlarged by a record that alone would be too late, and emits at once', async () => {
    await verifyOperator(windowed({ assigner, allowedLatenessMs: 5, trigger: purging(atEnd()) }), {
      input: [at(20, 1), { watermark: 30 }, at(11, 2), at(29, 3), { watermark: 100 }],
      expected: [emitted(20, 30, [1], complete(0)), emitted(11, 30, [2], belated(1)), emitted(11, 39, [3], final(2))],
      sides: { late: [] },
    })
  })

  test('that is forgotten does not grow again', async () => {
    await verifyOperator(windowed({ assigner }), {
      input: [at(0, 1), { watermark: 9 }, at(9, 2), { watermark: 100 }],
      expected: [emitted(0, 10, [1], final(0)), emitted(9, 19, [2], final(0))],
    })
  })

  test('adds the counts of those that it was', async () => {
    await verifyOperator(windowed({ assigner, trigger: everyCount(4) }), {
      input: [at(0, 1), at(1, 2), at(20, 3), at(10, 4), { watermark: 100 }],
      expected: [emitted(0, 30, [1, 2, 3, 4], early(0))],
    })
  })

  test('emits next at the earlier of the times at which those that it was would have', async () => {
    await verifyOperator(windowed({ assigner, trigger: everyEventTime(8) }), {
      input: [at(9, 1), at(26, 2), at(18, 3), { watermark: 15 }, { watermark: 16 }, { watermark: 100 }],
      expected: [
        { watermark: 15 },
        emitted(9, 36, [1, 2, 3], early(0)),
        { watermark: 16 },
        emitted(9, 36, [1, 2, 3], early(1)),
        emitted(9, 36, [1, 2, 3], early(2)),
        emitted(9, 36, [1, 2, 3], final(3)),
        { watermark: 100 },
      ],
    })
  })

  test('takes back what those that it was have emitted, when it emits itself', async () => {
    const trigger = afterEndOfWindow({ early: everyCount(1) })
    await verifyOperator(retracted({ assigner, trigger }), {
      input: [at(0, 1), at(20, 2), at(10, 3)],
      expected: [
        change('insert', emitted(0, 10, [1], early(0))),
        change('insert', emitted(20, 30, [2], early(0))),
        { ...change('delete', emitted(20, 30, [2], early(0))), time: 29 },
        { ...change('updateBefore', emitted(0, 10, [1], early(0))), time: 29 },
        change('updateAfter', emitted(0, 30, [1, 2, 3], early(1))),
      ],
    })
  })

  test('cannot have a trigger that does not merge', () => {
    const trigger = delta<Reading>(1, () => 0)
    expect(() => windowed({ assigner, trigger })).toThrow(/WINDOW_INVALID: .*"more than 1 away" cannot.*onMerge/)
    expect(() => windowed({ assigner, trigger: purging(trigger) })).toThrow('WINDOW_INVALID')
    expect(() => windowed({ assigner, trigger: afterEndOfWindow({ early: trigger }) })).toThrow('WINDOW_INVALID')
  })

  test('cannot have an aggregate that does not merge', () => {
    const aggregate = customAggregate<Reading, number, number>({ create: () => 0, add: n => n + 1, finish: n => n })
    expect(() => windowed({ assigner }, { aggregate })).toThrow(/AGGREGATE_INVALID: .*merge/)
  })

  test('needs a gap above 0 for each record', async () => {
    const gaps = sessions<Reading>(() => 0)
    await expect(verifyOperator(windowed({ assigner: gaps }), { input: [at(0, 1)], expected: [] })).rejects.toThrow(
      /WINDOW_INVALID/,
    )
  })
})
