import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { JoinKind } from '../../../src/operators/joins/join-kind.ts'
import { type StreamJoinOptions, streamJoin } from '../../../src/operators/joins/stream-join.ts'
import { both, END, keysOfRows, left, pairNames, type Row, right } from './rows.ts'

function join(
  kind: JoinKind,
  beforeMs: number,
  afterMs: number,
  more: Partial<StreamJoinOptions<Row, Row, string>> = {},
) {
  const { graceMs = 0 } = more
  const retentionMs = beforeMs + afterMs + graceMs
  const options = { keys: keysOfRows, kind, beforeMs, afterMs, graceMs, retentionMs, combine: pairNames, ...more }
  return streamJoin<Row, Row, string>(options)
}

describe('a stream join', () => {
  it('pairs rows whose right time is from before to after the left time, both included, when the second one arrives', async () => {
    await verifyOperator(join('inner', 2, 3), {
      input: [left(10), right(7), right(8), right(13), right(14), left(11)],
      expected: [
        { value: 'l10 r8', time: 10 },
        { value: 'l10 r13', time: 13 },
        { value: 'l11 r13', time: 13 },
        { value: 'l11 r14', time: 14 },
      ],
    })
  })

  it('knows no late row as long as its partner is kept, and has those behind that in the late output', async () => {
    await verifyOperator(join('inner', 10, 10), {
      input: [left(100), right(120), right(99), right(90), left(150), right(95), left(129)],
      expected: [
        { value: 'l100 r99', time: 100 },
        { value: 'l100 r90', time: 100 },
      ],
      sides: {
        lateLeft: [
          {
            value: { value: { key: 'k', name: 'l129' }, time: 129, watermark: -END, lateByMs: 1, reason: 'joinPassed' },
          },
        ],
        lateRight: [
          {
            value: { value: { key: 'k', name: 'r95' }, time: 95, watermark: -END, lateByMs: 35, reason: 'joinPassed' },
          },
        ],
      },
    })
  })
})

describe('an outer stream join', () => {
  it('closes a row of the left by after, one of the right by before', async () => {
    await verifyOperator(join('full', 5, 20), {
      input: [left(29, 'a'), left(30, 'b'), right(31, 'c'), right(36, 'd'), right(37, 'e'), right(50, 'f')],
      expected: [
        { value: '- r31', time: 31 },
        { value: 'l29 -', time: 29 },
        { value: '- r36', time: 36 },
        { value: '- r37', time: 37 },
      ],
    })
  })

  it('waits for the grace, and emits no null that a match within it follows', async () => {
    await verifyOperator(join('left', 0, 10, { graceMs: 5 }), {
      input: [left(100), left(100, 'other', 'y'), right(115, 'z'), right(110), right(116, 'z')],
      expected: [
        { value: 'l100 r110', time: 110 },
        { value: 'y -', time: 100 },
      ],
    })
  })

  it('emits a row with null at once when its window and the grace are over before it comes', async () => {
    await verifyOperator(join('full', 10, 10), {
      input: [left(100), right(85, 'k', 'r'), left(85, 'x', 'l')],
      expected: [
        { value: '- r', time: 85 },
        { value: 'l -', time: 85 },
      ],
    })
  })

  it('emits what waits at the end of the input, and holds the watermark back for it', async () => {
    await verifyOperator(join('full', 3, 10, { graceMs: 2 }), {
      input: [left(100), right(200, 'b'), ...both(150), left(201, 'c'), ...both(END)],
      expected: [
        { value: 'l100 -', time: 100 },
        { watermark: 138 },
        { value: '- r200', time: 200 },
        { value: 'l201 -', time: 201 },
        { watermark: END },
      ],
    })
  })

  it('forgets keys that come no more', () => {
    const harness = operatorHarness(join('full', 10, 10))
    for (let i = 0; i < 1_000; i++) harness.feed(left(i, `key-${i}`))
    harness.feed(right(5_000))
    expect(harness.snapshot('all').length).toBeLessThan(200)
  })

  it('refuses a row without event time', () => {
    const harness = operatorHarness(join('inner', 10, 10))
    expect(() => harness.record({ key: 'k', name: 'x' })).toThrow('RECORD_TIME_MISSING')
  })
})
