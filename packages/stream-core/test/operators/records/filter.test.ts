import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { filter } from '../../../src/operators/records/filter.ts'
import { offsetsOf } from '../offsets-of.ts'

describe('filter', () => {
  it('keeps the records for which the predicate is true, each with its own time and watermark', async () => {
    await verifyOperator(
      filter((x: number) => x % 2 === 0),
      {
        input: [
          { value: 1, time: 10 },
          { watermark: 4 },
          { value: 2, time: 20 },
          { watermark: 9 },
          { value: 3, time: 30 },
          { watermark: 15 },
          { value: 4, time: 40 },
          { watermark: 21 },
        ],
        expected: [
          { watermark: 4 },
          { value: 2, time: 20 },
          { watermark: 15 },
          { value: 4, time: 40 },
          { watermark: 21 },
        ],
      },
    )
  })

  it('lets the watermark advance when it drops every record', async () => {
    await verifyOperator(
      filter(() => false),
      {
        input: [{ value: 1, time: 1 }, { watermark: 5 }, { value: 2, time: 6 }, { idle: true }],
        expected: [{ watermark: 5 }, { idle: true }],
      },
    )
  })

  it('keeps the offset of each record that stays', () => {
    const batch = batchOf(['a', 'b', 'c'], { offsets: [7, 8, 9] })
    expect(
      offsetsOf(
        filter((x: string) => x !== 'b'),
        batch,
      ),
    ).toEqual([7, 9])
  })

  it('names the record on which the predicate threw', () => {
    const harness = operatorHarness(
      filter((x: number) => {
        if (x === 2) throw new Error('cannot say')
        return false
      }),
    )
    expect(() => harness.batch(batchOf([1, 2], { offsets: [40, 41] }))).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ offset: 41 }) }),
    )
  })
})
