import { type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { Change, Key } from '../../../src/index.ts'
import type { JoinKind } from '../../../src/operators/joins/join-kind.ts'
import { type UpdatingJoinOptions, updatingJoin } from '../../../src/operators/joins/updating-join.ts'
import { byKey } from '../by-key.ts'
import { both, END, LEFT, pairNames, RIGHT, type Row } from './rows.ts'

type Changes = Change<Row>

const keyOf = byKey((change: Changes) => change.value.key)
const idOf = (row: Row) => row.name.split(':')[0]!

function join(kind: JoinKind, more: Partial<UpdatingJoinOptions<Changes, Changes, string>> = {}) {
  return updatingJoin<Changes, Changes, string>({
    keys: [keyOf, keyOf],
    kind,
    ids: [undefined, undefined],
    ttlMs: END,
    ttlTime: 'event',
    combine: pairNames,
    ...more,
  })
}

const OPS = { '+I': 'insert', '-U': 'updateBefore', '+U': 'updateAfter', '-D': 'delete' } as const

/** `+I l1` as an item of the input. */
function change(text: string, input: number, time = 0, key: Key = 'k'): InputItem<Changes> {
  const [op, name] = text.split(' ') as [keyof typeof OPS, string]
  return { value: { op: OPS[op], value: { key, name } }, time, input }
}

const left = (text: string, time?: number, key?: Key) => change(text, LEFT, time, key)
const right = (text: string, time?: number, key?: Key) => change(text, RIGHT, time, key)

/** `+I l1 r1` as an item of the output. */
function out(...texts: readonly string[]) {
  return texts.map(text => ({ value: { op: OPS[text.slice(0, 2) as keyof typeof OPS], value: text.slice(3) } }))
}

describe('an updating join', () => {
  it('pairs a row that is put in with all rows of its key, and takes its pairs out with it', async () => {
    await verifyOperator(join('inner'), {
      input: [
        left('+I l1'),
        right('+I r1'),
        right('+I r2'),
        left('+I l2'),
        right('-D r1'),
        left('-D l1'),
        right('+I other', 0, 'x'),
      ],
      expected: out('+I l1 r1', '+I l1 r2', '+I l2 r1', '+I l2 r2', '-D l1 r1', '-D l2 r1', '-D l1 r2'),
    })
  })

  it('keeps the kind of the change in an inner join', async () => {
    await verifyOperator(join('inner'), {
      input: [left('+I l1'), right('+I r1'), left('-U l1'), left('+U l2')],
      expected: out('+I l1 r1', '-U l1 r1', '+U l2 r1'),
    })
  })

  it('counts equal rows', async () => {
    await verifyOperator(join('full'), {
      input: [left('+I l'), left('+I l'), right('+I r'), left('-D l'), right('-D r'), left('-D l')],
      expected: out('+I l -', '+I l -', '-D l -', '-D l -', '+I l r', '+I l r', '-D l r', '-D l r', '+I l -', '-D l -'),
    })
  })

  it('takes the pair with null out when the first partner comes, and puts it back when the last one goes', async () => {
    await verifyOperator(join('left'), {
      input: [
        left('+I l1'),
        right('+I r1'),
        right('+I r2'),
        right('-D r1'),
        right('-D r2'),
        left('-D l1'),
        right('+I r3'),
      ],
      expected: out('+I l1 -', '-D l1 -', '+I l1 r1', '+I l1 r2', '-D l1 r1', '-D l1 r2', '+I l1 -', '-D l1 -'),
    })
  })

  it('mirrors in a right join, and does both in a full one', async () => {
    await verifyOperator(join('right'), {
      input: [right('+I r1'), left('+I l1'), left('-U l1'), left('+U l2'), right('-D r1')],
      expected: out('+I - r1', '-D - r1', '+I l1 r1', '-D l1 r1', '+I - r1', '-D - r1', '+I l2 r1', '-D l2 r1'),
    })
    await verifyOperator(join('full'), {
      input: [right('+I r1'), left('+I l1'), right('-D r1'), left('-D l1')],
      expected: out('+I - r1', '-D - r1', '+I l1 r1', '-D l1 r1', '+I l1 -', '-D l1 -'),
    })
  })

  it('lets a row replace the one of the same id, though nobody took that one out', async () => {
    await verifyOperator(join('inner', { ids: [idOf, undefined] }), {
      input: [left('+I a:1'), right('+I r'), left('+I a:2'), left('+I b:1'), left('-D a:9')],
      expected: out('+I a:1 r', '-U a:1 r', '+U a:2 r', '+I b:1 r', '-D a:2 r'),
    })
  })

  it('has a row that is to be taken out and is not there in the late output', async () => {
    await verifyOperator(join('full'), {
      input: [left('-D l1', 5), right('-U r1', 6)],
      expected: [],
      sides: {
        lateLeft: [
          {
            value: {
              value: { op: 'delete', value: { key: 'k', name: 'l1' } },
              time: 5,
              watermark: -END,
              lateByMs: 0,
              reason: 'joinPassed',
            },
          },
        ],
        lateRight: [
          {
            value: {
              value: { op: 'updateBefore', value: { key: 'k', name: 'r1' } },
              time: 6,
              watermark: -END,
              lateByMs: 0,
              reason: 'joinPassed',
            },
          },
        ],
      },
    })
  })

  it('takes records that are no changes for rows that are added', async () => {
    const spec = updatingJoin<Row, Row, string>({
      keys: [byKey((row: Row) => row.key), byKey((row: Row) => row.key)],
      kind: 'left',
      ids: [undefined, undefined],
      ttlMs: END,
      ttlTime: 'event',
      combine: pairNames,
    })
    await verifyOperator(spec, {
      input: [
        { value: { key: 'k', name: 'l' }, input: LEFT },
        { value: { key: 'k', name: 'r' }, input: RIGHT },
      ],
      expected: out('+I l -', '-D l -', '+I l r'),
    })
  })

  it('refuses an id that can be none', () => {
    const harness = operatorHarness(join('inner', { ids: [() => Number.NaN, undefined] }))
    expect(() => harness.feed(left('+I l1'))).toThrow('KEY_INVALID')
  })
})

describe('the time to live of an updating join', () => {
  it('forgets a row when the watermark passes its time by it, without a change', async () => {
    await verifyOperator(join('left', { ttlMs: 10 }), {
      input: [
        left('+I l1', 5),
        ...ends(14),
        right('+I r1', 14),
        ...ends(15),
        right('+I r2', 16),
        left('+I l2', 20),
        left('+I late', 5),
      ],
      expected: out('+I l1 -', '-D l1 -', '+I l1 r1', '+I l2 r1', '+I l2 r2'),
      sides: {
        lateLeft: [
          {
            value: {
              value: { op: 'insert', value: { key: 'k', name: 'late' } },
              time: 5,
              watermark: 15,
              lateByMs: 0,
              reason: 'joinPassed',
            },
          },
        ],
      },
    })
  })

  it('goes by the wall clock when asked to', async () => {
    await verifyOperator(join('inner', { ttlMs: 10, ttlTime: 'processing' }), {
      input: [
        { processingTime: 5 },
        left('+I l1'),
        { processingTime: 14 },
        right('+I r1'),
        { processingTime: 15 },
        right('+I r2'),
      ],
      expected: out('+I l1 r1'),
    })
  })

  it('leaves nothing of keys that come no more', () => {
    const harness = operatorHarness(join('full', { ttlMs: 100 }))
    for (let i = 0; i < 1_000; i++) harness.feed(left('+I l', i, `key-${i}`))
    expect(harness.snapshot('all').length).toBeGreaterThan(20_000)
    for (const item of ends(2_000)) harness.feed(item)
    expect(harness.snapshot('all').length).toBeLessThan(200)
  })
})

function ends(watermark: number): InputItem<Changes>[] {
  return both(watermark) as InputItem<Changes>[]
}
