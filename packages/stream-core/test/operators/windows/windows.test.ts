import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, test } from 'vitest'
import {
  count,
  cumulate,
  everyCount,
  global,
  never,
  onlyFinal,
  purging,
  sliding,
  sum,
  type WindowAssigner,
  type WindowFunction,
} from '../../../src/index.ts'
import type { Key } from '../../../src/state/key.ts'
import { at, late, quietAt, type Reading } from '../reading.ts'
import { belated, complete, emitted, final, ofAllTime, windowed } from './readings-in-windows.ts'

describe('a window of a general kind', () => {
  test('emits a record in each of the windows that it belongs to', async () => {
    await verifyOperator(windowed({ assigner: sliding(10, 5) }), {
      input: [at(3, 1), at(7, 2), { watermark: 4 }, { watermark: 9 }, { watermark: 14 }],
      expected: [
        emitted(-5, 5, [1], final(0)),
        { watermark: 4 },
        emitted(0, 10, [1, 2], final(0)),
        { watermark: 9 },
        emitted(5, 15, [2], final(0)),
        { watermark: 14 },
      ],
    })
  })

  test('takes a record that is late for others of its windows; only one that is late for all is late', async () => {
    await verifyOperator(windowed({ assigner: sliding(10, 5) }), {
      input: [{ watermark: 9 }, at(8, 1), at(4, 2), { watermark: 14 }],
      expected: [emitted(5, 15, [1], final(0))],
      sides: { late: [late(4, 2, 9, 0)] },
      metrics: { lateRecords: 1 },
    })
  })

  test('is forgotten in the state, too, when it came and went between two snapshots, but not unnoticed by a sweep', () => {
    const harness = operatorHarness(windowed({ assigner: sliding(10, 10) }))
    harness.snapshot('all')
    const sweep = harness.sweep()
    harness.feed(at(3, 1))
    const piece = sweep()
    expect(piece).toBeDefined()
    harness.watermark(20)
    harness.take()
    harness.restart([piece!, harness.snapshot('changes')])
    harness.watermark(30)
    expect(harness.take().filter(item => 'value' in item)).toEqual([])
  })

  test('leaves records out that no window of a sample takes', async () => {
    await verifyOperator(windowed({ assigner: sliding(5, 10) }), {
      input: [at(3, 1), at(7, 2), at(12, 3), { watermark: 100 }],
      expected: [emitted(0, 5, [1], final(0)), emitted(10, 15, [3], final(0))],
      sides: { late: [] },
    })
  })

  test('may share its start with others of the key', async () => {
    await verifyOperator(windowed({ assigner: cumulate(30, 10) }), {
      input: [at(3, 1), { watermark: 9 }, at(15, 2), { watermark: 100 }],
      expected: [
        emitted(0, 10, [1], final(0)),
        { watermark: 9 },
        emitted(0, 20, [1, 2], final(0)),
        emitted(0, 30, [1, 2], final(0)),
        { watermark: 100 },
      ],
    })
  })

  test('emits again at once for each record within the allowed lateness', async () => {
    await verifyOperator(windowed({ assigner: sliding(10, 5), allowedLatenessMs: 5 }), {
      input: [at(7, 1), { watermark: 13 }, at(8, 2), { watermark: 14 }, at(9, 3), { watermark: 30 }],
      expected: [
        emitted(0, 10, [1], complete(0)),
        { watermark: 13 },
        emitted(0, 10, [1, 2], belated(1)),
        emitted(5, 15, [1, 2], complete(0)),
        { watermark: 14 },
        emitted(5, 15, [1, 2, 3], belated(1)),
        { watermark: 30 },
      ],
    })
  })

  test('that began before 1970 is as good as any', async () => {
    await verifyOperator(windowed({ assigner: sliding(10, 10) }), {
      input: [at(-1, 1), at(-10, 2), at(-11, 3), { watermark: -1 }],
      expected: [emitted(-20, -10, [3], final(0)), emitted(-10, 0, [1, 2], final(0))],
    })
  })

  test('is not forgotten because its end and the lateness are more than can be counted', async () => {
    const last = Number.MAX_SAFE_INTEGER - 1750
    const assigner: WindowAssigner = {
      name: 'the last second',
      time: 'event',
      merges: false,
      windowsOf: () => [{ start: last - 250, end: last + 750 }],
    }
    await verifyOperator(windowed({ assigner, allowedLatenessMs: 2000 }), {
      input: [
        at(last, 1),
        { watermark: last + 250 },
        { watermark: last + 749 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
      expected: [
        { watermark: last + 250 },
        emitted(last - 250, last + 750, [1], complete(0)),
        { watermark: last + 749 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
    })
  })

  test('emits what it has when the input is quiet, and not once more at its end for nothing', async () => {
    await verifyOperator(windowed({ assigner: sliding(10, 5), emitWhenQuietMs: 100 }), {
      input: [at(7, 1), at(7, 2, 'b'), { quiet: true }, at(8, 3), { watermark: 100 }],
      expected: [
        emitted(0, 10, [1], quietAt(0)),
        emitted(0, 10, [2], quietAt(0), 'b'),
        emitted(5, 15, [1], quietAt(0)),
        emitted(5, 15, [2], quietAt(0), 'b'),
        emitted(0, 10, [1, 3], final(1)),
        emitted(5, 15, [1, 3], final(1)),
      ],
      metrics: { quietFirings: 2 },
    })
  })

  test('without end emits when its trigger says so, and costs nothing while it holds nothing', async () => {
    const spec = windowed({ assigner: global(), trigger: purging(everyCount(2)) })
    await verifyOperator(spec, {
      input: [at(0, 1), at(50, 2), at(1, 3, 'b'), { watermark: Number.POSITIVE_INFINITY }],
      expected: [ofAllTime([1, 2], final(0))],
    })
    const harness = operatorHarness(spec)
    const empty = harness.snapshot('all').length
    for (let n = 0; n < 1000; n++) harness.record({ key: n >> 1, n })
    expect(harness.snapshot('all')).toHaveLength(empty)
  })

  test('without end emits what it holds at the end of the input, where that is asked for', async () => {
    await verifyOperator(windowed({ assigner: global(), trigger: onlyFinal() }), {
      input: [at(0, 1), at(50, 2), { watermark: 60 }, { watermark: Number.POSITIVE_INFINITY }],
      expected: [ofAllTime([1, 2], final(0))],
    })
  })

  test('of a key that is never seen again leaves nothing behind', () => {
    const harness = operatorHarness(windowed({ assigner: sliding(10, 5), allowedLatenessMs: 5 }))
    const empty = harness.snapshot('all').length
    for (let n = 0; n < 1000; n++) harness.record({ key: n, n }, n)
    harness.watermark(2000)
    expect(harness.snapshot('all')).toHaveLength(empty)
  })
})

describe('a function over a window', () => {
  test('sees all records in order of arrival, and gives none, one or several results', async () => {
    const each: WindowFunction<Key, readonly Reading[], number> = readings => readings.slice(1).map(({ n }) => n)
    await verifyOperator(windowed({}, { function: each }), {
      input: [at(5, 1), at(3, 2), at(4, 3), at(11, 4), { watermark: 100 }],
      expected: [emitted(0, 10, 2, final(0)), emitted(0, 10, 3, final(0))] as never,
    })
  })

  test('sees the result of an aggregate, and knows the window, its pane and the watermark', async () => {
    const aggregate = sum((reading: Reading) => reading.n)
    const seen: WindowFunction<Key, number, unknown> = (total, { key, start, end, pane, watermark }) => [
      { total, key, start, end, timing: pane.timing, watermark },
    ]
    await verifyOperator(windowed({ allowedLatenessMs: 5 }, { aggregate, function: seen }), {
      input: [at(5, 1), at(3, 2), { watermark: 9 }, at(4, 3)],
      expected: [
        emitted(0, 10, { total: 3, key: 'a', start: 0, end: 10, timing: 'onTime', watermark: 9 }, complete(0)),
        emitted(0, 10, { total: 6, key: 'a', start: 0, end: 10, timing: 'late', watermark: 9 }, belated(1)),
      ] as never,
    })
  })

  test('that throws names the step', async () => {
    const broken = () => {
      throw new Error('no luck')
    }
    await expect(
      verifyOperator(windowed({}, { function: broken }), { input: [at(5, 1), { watermark: 9 }], expected: [] }),
    ).rejects.toThrow(/USER_FUNCTION_FAILED: "window" could not make the result of a window: no luck/)
  })
})

describe('an assigner of your own', () => {
  const assigner: WindowAssigner<Reading> = {
    name: 'as long as the number',
    time: 'event',
    merges: false,
    windowsOf: ({ n }, time) => (n === 0 ? [] : [{ start: time, end: time + n }]),
  }

  test('says by the record which windows it belongs to', async () => {
    await verifyOperator(windowed({ assigner }, { aggregate: count() }), {
      input: [at(1, 5), at(1, 7), at(1, 5), { watermark: 100 }],
      expected: [emitted(1, 6, 2, final(0)), emitted(1, 8, 1, final(0))] as never,
    })
  })

  test('that gives a record no window is an error which names the step, the assigner and the record', async () => {
    await expect(verifyOperator(windowed({ assigner }), { input: [at(1, 0)], expected: [] })).rejects.toThrow(
      /WINDOW_INVALID: the assigner "as long as the number" of "window" gave the record at 1 no window/,
    )
  })

  test('that gives a window which ends before it begins is an error', async () => {
    await expect(verifyOperator(windowed({ assigner }), { input: [at(1, -3)], expected: [] })).rejects.toThrow(
      /WINDOW_INVALID: .*from 1 to -2/,
    )
  })
})

describe('a record without event time', () => {
  test('is refused by windows that need it, also one that comes from a window without end', async () => {
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const input = [{ value: { key: 'a', n: 1 }, time }]
      await expect(verifyOperator(windowed(), { input, expected: [] })).rejects.toThrow(/EVENT_TIME_INVALID/)
    }
  })
})

describe('what a window waits for', () => {
  test('is said of the window that is asked for', () => {
    const harness = operatorHarness(windowed({ assigner: sliding(10, 5), allowedLatenessMs: 5 }))
    harness.record({ key: 'a', n: 1 }, 7)
    expect(harness.inspect({ key: 'a', windowStart: 5 })).toEqual({
      text: 'The window from 5 (1970-01-01T00:00:00.005Z) to 15 (1970-01-01T00:00:00.015Z) of key "a" is open with 1 record; the watermark is at no time yet. It waits for the watermark to reach 14 (1970-01-01T00:00:00.014Z).',
      watermark: Number.NEGATIVE_INFINITY,
      waitsFor: 14,
    })
    harness.watermark(14)
    expect(harness.inspect({ key: 'a', windowStart: 5 })?.text).toMatch(
      /It has ended, and takes late records until .* 19 /,
    )
    expect(harness.inspect({ windowStart: -10 })?.text).toMatch(/the watermark has passed: it is over/)
    expect(harness.inspect({ windowStart: 100 })?.text).toMatch(/No record has opened it yet/)
    expect(harness.inspect({ key: 'b' })?.text).toMatch(/No such window is open/)
  })

  test('is its trigger where it has no end', () => {
    const harness = operatorHarness(windowed({ assigner: global(), trigger: never() }))
    harness.record({ key: 'a', n: 1 }, 7)
    expect(harness.inspect({})?.text).toMatch(/of all time of key "a" is open with 1 record.*when its trigger says so/)
  })
})
