import { type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { Change, Key } from '../../../src/index.ts'
import { asOfJoin } from '../../../src/operators/joins/as-of-join.ts'
import { latestJoin } from '../../../src/operators/joins/latest-join.ts'
import { byKey } from '../by-key.ts'
import { both, END, left, pairNames, type Row, right } from './rows.ts'

type Version = Row | Change<Row>

const keys = [
  byKey((row: Row) => row.key),
  byKey((version: Version) => ('op' in version ? version.value.key : version.key)),
] as const

function join(kind: 'inner' | 'left') {
  return asOfJoin<Row, Version, string>({ keys, kind, combine: pairNames })
}

function change(op: Change<Row>['op'], time: number, name = `r${time}`, key: Key = 'k'): InputItem<Row | Version> {
  return { value: { op, value: { key, name } }, time, input: 1 }
}

function ends(watermark: number): InputItem<Row | Version>[] {
  return both(watermark)
}

describe('an as-of join', () => {
  it('joins a left record with the newest version at or before its time, when the watermark reaches it', async () => {
    await verifyOperator(join('inner'), {
      input: [left(5), right(3), right(5), right(7), left(9), left(1), ...ends(6), right(8), ...ends(9), ...ends(END)],
      expected: [
        { value: 'l5 r5', time: 5 },
        { watermark: 6 },
        { value: 'l9 r8', time: 9 },
        { watermark: 9 },
        { watermark: END },
      ],
    })
  })

  it('emits a left record without a version with null, when it is a left join', async () => {
    await verifyOperator(join('left'), {
      input: [left(1), left(2, 'other'), right(2), left(3), ...ends(END)],
      expected: [
        { value: 'l1 -', time: 1 },
        { value: 'l2 -', time: 2 },
        { value: 'l3 r2', time: 3 },
        { watermark: END },
      ],
    })
  })

  it('emits what a watermark releases in order of time, then of arrival', async () => {
    await verifyOperator(join('left'), {
      input: [left(3, 'b'), left(1, 'a'), left(3, 'a', 'x'), left(2, 'c'), ...ends(END)],
      expected: [{ value: 'l1 -' }, { value: 'l2 -' }, { value: 'l3 -' }, { value: 'x -' }],
    })
  })

  it('takes a deletion, and the taking back of a row, for the end of a version', async () => {
    await verifyOperator(join('left'), {
      input: [
        change('insert', 1),
        change('updateBefore', 4),
        change('updateAfter', 4, 'new'),
        change('delete', 6),
        left(3),
        left(5),
        left(7),
        ...ends(10),
        left(11),
        ...ends(END),
      ],
      expected: [
        { value: 'l3 r1', time: 3 },
        { value: 'l5 new', time: 5 },
        { value: 'l7 -', time: 7 },
        { watermark: 10 },
        { value: 'l11 -', time: 11 },
        { watermark: END },
      ],
    })
  })

  it('lets the later of two versions of one time replace the earlier', async () => {
    await verifyOperator(join('inner'), {
      input: [right(2, 'k', 'first'), right(2, 'k', 'second'), left(2), ...ends(2)],
      expected: [{ value: 'l2 second', time: 2 }, { watermark: 2 }],
    })
  })

  it('processes a left record behind the watermark when the watermark moves next', async () => {
    await verifyOperator(join('left'), {
      input: [right(2), right(6), ...ends(7), left(7), left(6, 'k', 'x'), left(3), ...ends(8)],
      expected: [
        { watermark: 7 },
        { value: 'l3 -', time: 3 },
        { value: 'x r6', time: 6 },
        { value: 'l7 r6', time: 7 },
        { watermark: 8 },
      ],
    })
  })

  it('keeps of the versions at or before the watermark only the newest, and none after a deletion', () => {
    const harness = operatorHarness(join('inner'))
    for (const item of [right(1), right(3), right(5), right(7), ...ends(5)]) harness.feed(item)
    expect(harness.inspect({ key: 'k' })?.held).toEqual({ left: [], right: [5, 7] })
    for (const item of [change('delete', 8), ...ends(100_000)]) harness.feed(item)
    expect(harness.inspect({ key: 'k' })?.held).toBeUndefined()
    expect(harness.snapshot('all').length).toBeLessThan(100)
  })

  it('tells of a version behind the watermark, and goes by it from then on', async () => {
    await verifyOperator(join('left'), {
      input: [left(5), ...ends(5), right(4), left(6), ...ends(6)],
      expected: [{ value: 'l5 -', time: 5 }, { watermark: 5 }, { value: 'l6 r4', time: 6 }, { watermark: 6 }],
      sides: {
        lateRight: [
          { value: { value: { key: 'k', name: 'r4' }, time: 4, watermark: 5, lateByMs: 1, reason: 'joinPassed' } },
        ],
      },
    })
  })

  it('refuses a record without event time, and what is no key', () => {
    const harness = operatorHarness(join('left'))
    expect(() => harness.record({ key: 'k', name: 'x' })).toThrow('RECORD_TIME_MISSING')
    expect(() => harness.feed(left(1, Number.NaN))).toThrow('KEY_INVALID')
  })
})

describe('a latest join', () => {
  const spec = (kind: 'inner' | 'left') => latestJoin<Row, Version, string>({ keys, kind, combine: pairNames })

  it('joins a left record with the row that is the latest when it comes, whatever their times', async () => {
    const input = [
      left(5),
      right(9),
      left(4),
      change('delete', 9),
      left(6),
      change('insert', 1),
      left(7, 'other'),
      left(8),
    ]
    await verifyOperator(spec('left'), {
      input,
      expected: [
        { value: 'l5 -', time: 5 },
        { value: 'l4 r9', time: 4 },
        { value: 'l6 -' },
        { value: 'l7 -' },
        { value: 'l8 r1' },
      ],
    })
    await verifyOperator(spec('inner'), { input, expected: [{ value: 'l4 r9', time: 4 }, { value: 'l8 r1' }] })
  })

  it('needs no event time', async () => {
    await verifyOperator(spec('inner'), {
      input: [
        { value: { key: 'k', name: 'r' }, input: 1 },
        { value: { key: 'k', name: 'l' }, input: 0 },
      ],
      expected: [{ value: 'l r' }],
    })
  })
})
