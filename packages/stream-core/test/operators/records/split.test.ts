import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { split } from '../../../src/operators/records/split.ts'

const bySize = split<number>({ small: x => x < 10, even: x => x % 2 === 0 })

describe('split', () => {
  it('sends each record to the first branch whose predicate holds, else to the main output', async () => {
    await verifyOperator(bySize, {
      input: [
        { value: 4, time: 1 },
        { value: 12, time: 2 },
        { value: 13, time: 3 },
        { value: 7, time: 4 },
      ],
      expected: [{ value: 13, time: 3 }],
      sides: {
        small: [
          { value: 4, time: 1 },
          { value: 7, time: 4 },
        ],
        even: [{ value: 12, time: 2 }],
      },
    })
  })

  it('gives every branch every watermark and idleness, also one without a record', async () => {
    const marks = [{ watermark: 5 }, { idle: true }, { active: true }, { watermark: 9 }] as const
    await verifyOperator(bySize, {
      input: [...marks],
      expected: [...marks],
      sides: { small: [...marks], even: [...marks] },
    })
  })

  it('lets a record of one branch move the watermark of the next record in another', async () => {
    await verifyOperator(bySize, {
      input: [{ value: 1, time: 20 }, { watermark: 15 }, { value: 11, time: 21 }, { watermark: 17 }],
      expected: [{ watermark: 15 }, { value: 11, time: 21 }, { watermark: 17 }],
      sides: { small: [{ value: 1, time: 20 }, { watermark: 17 }], even: [{ watermark: 17 }] },
    })
  })

  it('names the record on which a predicate threw', () => {
    const harness = operatorHarness(
      split<number>({
        bad(x) {
          if (x === 2) throw new Error('cannot say')
          return false
        },
      }),
    )
    expect(() => harness.batch(batchOf([1, 2], { offsets: [3, 4] }))).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ offset: 4 }) }),
    )
  })
})
