import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { flatMap } from '../../../src/operators/records/flat-map.ts'

describe('flatMap', () => {
  it('replaces each record by its results in order, which take over its time and watermark', async () => {
    await verifyOperator(
      flatMap((text: string) => text.split(' ').filter(word => word !== '')),
      {
        input: [
          { value: 'to be', time: 10 },
          { watermark: 5 },
          { value: '', time: 11 },
          { watermark: 8 },
          { value: 'or not', time: 12 },
          { watermark: 30 },
        ],
        expected: [
          { value: 'to', time: 10 },
          { value: 'be', time: 10 },
          { watermark: 8 },
          { value: 'or', time: 12 },
          { value: 'not', time: 12 },
          { watermark: 30 },
        ],
      },
    )
  })

  it('takes results from any iterable, a generator too', async () => {
    const spec = flatMap(function* (n: number) {
      for (let i = 0; i < n; i++) yield i
    })
    await verifyOperator(spec, {
      input: [{ value: 3 }, { value: 0 }, { value: 1 }],
      expected: [{ value: 0 }, { value: 1 }, { value: 2 }, { value: 0 }],
    })
  })

  it('makes more results than its columns first have room for', () => {
    const harness = operatorHarness(flatMap((n: number) => Array.from({ length: n }, (_, i) => i)))
    harness.record(1_000, 5)
    const items = harness.take()
    expect(items).toHaveLength(1_000)
    expect(items[999]).toEqual({ value: 999, time: 5 })
  })

  it('names the record whose generator threw half way', () => {
    const spec = flatMap(function* (n: number) {
      yield n
      if (n === 2) throw new Error('stuck')
    })
    const harness = operatorHarness(spec)
    expect(() => harness.batch(batchOf([1, 2, 3], { offsets: [20, 21, 22] }))).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ offset: 21 }) }),
    )
  })
})
