import { type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { type IntervalJoinOptions, intervalJoin } from '../../../src/operators/joins/interval-join.ts'
import type { JoinKind } from '../../../src/operators/joins/join-kind.ts'
import { both, END, keysOfRows, left, pairNames, type Row, right } from './rows.ts'

function join(
  kind: JoinKind,
  lowerMs: number,
  upperMs: number,
  more: Partial<IntervalJoinOptions<Row, Row, string>> = {},
) {
  return intervalJoin<Row, Row, string>({
    keys: keysOfRows,
    kind,
    lowerMs,
    upperMs,
    time: 'event',
    resultTime: 'later',
    combine: pairNames,
    ...more,
  })
}

describe('an interval join that keeps both sides', () => {
  it('does not pair a row with null that found its partner between a piece of a sweep and the next snapshot', async () => {
    const harness = operatorHarness(join('full', 0, 0))
    harness.snapshot('all')
    const sweep = harness.sweep()
    harness.feed(left(13))
    const piece = sweep()
    expect(piece).toBeDefined()
    harness.feed(right(13))
    harness.take()
    harness.restart([piece!, harness.snapshot('changes')])
    for (const input of [0, 1]) harness.watermark(Number.POSITIVE_INFINITY, { input })
    expect(harness.take().filter(item => 'value' in item)).toEqual([])
  })
})

describe('an inner interval join', () => {
  it('pairs rows of one key whose right time is within the bounds of the left time, when the second one arrives', async () => {
    await verifyOperator(join('inner', -1, 2), {
      input: [left(10), right(8), right(9), right(12), right(13), right(10, 'other'), left(11)],
      expected: [
        { value: 'l10 r9', time: 10 },
        { value: 'l10 r12', time: 12 },
        { value: 'l11 r12', time: 12 },
        { value: 'l11 r13', time: 13 },
      ],
    })
  })

  it('keeps 1, the text 1 and the tuple with 1 apart', async () => {
    await verifyOperator(join('inner', 0, 0), {
      input: [
        left(1, 1),
        left(1, '1'),
        left(1, [1]),
        right(1, [1], 'tuple'),
        right(1, '1', 'text'),
        right(1, 1, 'number'),
      ],
      expected: [{ value: 'l1 tuple' }, { value: 'l1 text' }, { value: 'l1 number' }],
    })
  })

  it('gives a pair the time of its later row, or of its earlier one and then holds the watermark back by the larger reach', async () => {
    const input: InputItem<Row>[] = [left(10), right(15), ...both(20), left(25), right(20, 'k', 'r'), ...both(END)]
    await verifyOperator(join('inner', -5, 9), {
      input,
      expected: [{ value: 'l10 r15', time: 15 }, { watermark: 20 }, { value: 'l25 r', time: 25 }, { watermark: END }],
    })
    await verifyOperator(join('inner', -5, 9, { resultTime: 'earlier' }), {
      input,
      expected: [{ value: 'l10 r15', time: 10 }, { watermark: 11 }, { value: 'l25 r', time: 20 }, { watermark: END }],
    })
  })

  it('sends what is behind the watermark to the late output of its side; at the watermark is in time', async () => {
    await verifyOperator(join('inner', -5, 5), {
      input: [left(10), ...both(10), right(9), left(8), right(10)],
      expected: [{ watermark: 10 }, { value: 'l10 r10', time: 10 }],
      sides: {
        lateLeft: [
          {
            value: { value: { key: 'k', name: 'l8' }, time: 8, watermark: 10, lateByMs: 2, reason: 'joinPassed' },
            time: 8,
          },
        ],
        lateRight: [
          {
            value: { value: { key: 'k', name: 'r9' }, time: 9, watermark: 10, lateByMs: 1, reason: 'joinPassed' },
            time: 9,
          },
        ],
      },
      metrics: { lateRecords: 2 },
    })
  })

  it('goes by the smaller watermark of its inputs, and does not wait for an idle one', async () => {
    await verifyOperator(join('inner', -5, 5), {
      input: [
        left(10),
        { watermark: 30, input: 0 },
        right(11),
        { watermark: 12, input: 1 },
        right(12),
        { idle: true, input: 1 },
        left(20),
      ],
      expected: [{ value: 'l10 r11', time: 11 }, { watermark: 12 }, { value: 'l10 r12', time: 12 }, { watermark: 30 }],
      sides: {
        lateLeft: [
          { value: { value: { key: 'k', name: 'l20' }, time: 20, watermark: 30, lateByMs: 10, reason: 'joinPassed' } },
        ],
      },
    })
  })

  it('keeps a row until the watermark reaches its time and its reach, as Flink does', () => {
    const harness = operatorHarness(join('inner', -1, 0))
    for (const item of [1, 2, 3, 4, 5].flatMap(time => [left(time), right(time)])) harness.feed(item)
    const held = () => harness.inspect({ key: 'k' })?.held
    for (const item of both(1)) harness.feed(item)
    expect(held()).toEqual({ left: [2, 3, 4, 5], right: [1, 2, 3, 4, 5] })
    for (const item of both(4)) harness.feed(item)
    expect(held()).toEqual({ left: [5], right: [4, 5] })
    for (const item of both(6)) harness.feed(item)
    expect(held()).toBeUndefined()
  })

  it('keeps a row that comes at the watermark until the watermark moves', async () => {
    await verifyOperator(join('inner', 0, 0), {
      input: [...both(5), left(5), right(5), ...both(6), left(6), ...both(7), left(7, 'k', 'l'), right(7)],
      expected: [
        { watermark: 5 },
        { value: 'l5 r5', time: 5 },
        { watermark: 6 },
        { watermark: 7 },
        { value: 'l r7', time: 7 },
      ],
    })
  })

  it('forgets keys that come no more', () => {
    const harness = operatorHarness(join('inner', -10, 10))
    for (let i = 0; i < 1_000; i++) harness.feed(left(i, `key-${i}`))
    const full = harness.snapshot('all').length
    for (const item of both(1_100)) harness.feed(item)
    expect(full).toBeGreaterThan(20_000)
    expect(harness.snapshot('all').length).toBeLessThan(200)
  })

  it('writes only the keys that changed', () => {
    const harness = operatorHarness(join('inner', -10, 10))
    for (let i = 0; i < 1_000; i++) harness.feed(left(5, `key-${i}`))
    harness.snapshot('all')
    harness.feed(right(5, 'key-7'))
    expect(harness.snapshot('changes').length).toBeLessThan(200)
  })

  it('refuses a row without event time, and names the side', () => {
    const harness = operatorHarness(join('inner', -10, 10))
    expect(() => harness.record({ key: 'k', name: 'x' }, undefined, { input: 1 })).toThrow(
      expect.objectContaining({ code: 'RECORD_TIME_MISSING', message: expect.stringContaining('right') }),
    )
  })

  it('names the record on which its function threw', () => {
    const harness = operatorHarness(
      join('inner', 0, 0, {
        combine() {
          throw new Error('no')
        },
      }),
    )
    harness.feed(left(1))
    expect(() => harness.feed(right(1))).toThrow(expect.objectContaining({ code: 'USER_FUNCTION_FAILED' }))
  })

  it('refuses what is no key', () => {
    const harness = operatorHarness(join('inner', 0, 0))
    for (const key of [Number.NaN, null, {}]) expect(() => harness.feed(left(1, key as never))).toThrow('KEY_INVALID')
  })
})

describe('an outer interval join', () => {
  it('emits a row without a partner once none can come, with null, and holds the watermark back for it', async () => {
    await verifyOperator(join('full', -9, 5), {
      input: [left(1, 'a'), right(1, 'b'), ...both(5), ...both(7), ...both(18)],
      expected: [
        { watermark: -4 },
        { value: 'l1 -', time: 1 },
        { watermark: -2 },
        { value: '- r1', time: 1 },
        { watermark: 9 },
      ],
    })
  })

  it('emits nulls of one watermark in order of when they became certain, whatever the watermarks between', async () => {
    const rows = [left(5, 'a'), right(1, 'b'), left(2, 'c'), right(4, 'a', 'x'), left(2, 'a', 'y')]
    await verifyOperator(join('full', -3, 2), {
      input: [...rows, ...both(END)],
      expected: [
        { value: 'l5 x', time: 5 },
        { value: 'y x', time: 4 },
        { value: '- r1', time: 1 },
        { value: 'l2 -', time: 2 },
        { watermark: END },
      ],
    })
  })

  it('never emits a null for a row that had a partner', async () => {
    await verifyOperator(join('left', -5, 5), {
      input: [left(10), right(12), ...both(11), left(14), ...both(END)],
      expected: [{ value: 'l10 r12', time: 12 }, { watermark: 6 }, { value: 'l14 r12', time: 14 }, { watermark: END }],
    })
  })

  it('lets a late row have the partners that are still kept, and else emits it with null at once', async () => {
    await verifyOperator(join('full', -5, 5), {
      input: [right(10), ...both(12), left(9), left(3), right(2), ...both(END)],
      expected: [
        { watermark: 7 },
        { value: 'l9 r10', time: 10 },
        { value: 'l3 -', time: 3 },
        { value: '- r2', time: 2 },
        { watermark: END },
      ],
      sides: { lateLeft: [], lateRight: [] },
    })
  })

  it('has late rows on the side that does not come out unmatched', async () => {
    await verifyOperator(join('left', -5, 5), {
      input: [...both(12), right(3), left(3), ...both(END)],
      expected: [{ watermark: 7 }, { value: 'l3 -', time: 3 }, { watermark: END }],
      sides: {
        lateRight: [
          { value: { value: { key: 'k', name: 'r3' }, time: 3, watermark: 12, lateByMs: 9, reason: 'joinPassed' } },
        ],
      },
    })
  })

  it('mirrors: a right join is the left join of the other side', async () => {
    await verifyOperator(join('right', -5, 2), {
      input: [left(1), right(1), right(9), ...both(END)],
      expected: [{ value: 'l1 r1', time: 1 }, { value: '- r9', time: 9 }, { watermark: END }],
    })
  })
})

describe('an interval join by the wall clock', () => {
  it('pairs rows by when they arrived', async () => {
    await verifyOperator(join('left', -20, 10, { time: 'processing' }), {
      input: [
        { processingTime: 1 },
        left(100),
        { processingTime: 3 },
        left(200),
        { processingTime: 13 },
        right(300),
        { processingTime: 33 },
        left(400),
        { processingTime: 100 },
      ],
      expected: [
        { value: 'l100 -', time: 1 },
        { value: 'l200 r300', time: 13 },
        { value: 'l400 r300', time: 33 },
      ],
    })
  })
})
