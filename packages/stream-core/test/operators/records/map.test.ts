import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { map } from '../../../src/operators/records/map.ts'

describe('map', () => {
  it('replaces each record and keeps its time, watermarks and idleness', async () => {
    await verifyOperator(
      map((x: number) => `#${x}`),
      {
        input: [
          { value: 1, time: 10 },
          { watermark: 5 },
          { value: 2, time: 7 },
          { idle: true },
          { value: 3, time: 30 },
          { watermark: 20 },
          { watermark: Number.POSITIVE_INFINITY },
        ],
        expected: [
          { value: '#1', time: 10 },
          { watermark: 5 },
          { value: '#2', time: 7 },
          { idle: true },
          { active: true },
          { value: '#3', time: 30 },
          { watermark: Number.POSITIVE_INFINITY },
        ],
      },
    )
  })

  it('passes on a watermark that comes without a record', async () => {
    await verifyOperator(
      map((x: number) => x),
      { input: [{ watermark: 3 }], expected: [{ watermark: 3 }] },
    )
  })

  it('names the record whose function threw by its partition and offset', () => {
    const harness = operatorHarness(
      map((x: number) => {
        if (x === 3) throw new Error('no three')
        return x
      }),
    )
    const batch = { ...batchOf([1, 2, 3, 4], { offsets: [10, 11, 12, 13] }), origin: ORIGIN }
    expect(() => harness.batch(batch)).toThrow(
      expect.objectContaining({
        code: 'USER_FUNCTION_FAILED',
        place: expect.objectContaining({ partition: 'readings/4', offset: 12 }),
      }),
    )
  })

  it('looks at no value behind the size of a batch', () => {
    const seen: number[] = []
    const harness = operatorHarness(map((x: number) => seen.push(x)))
    harness.batch({ ...batchOf([1, 2, 3]), size: 2 })
    expect(seen).toEqual([1, 2])
  })

  it('works where code generation is forbidden', async () => {
    vi.stubGlobal(
      'Function',
      class {
        constructor() {
          throw new EvalError('Code generation from strings disallowed for this context')
        }
      },
    )
    onTestFinished(() => void vi.unstubAllGlobals())
    await verifyOperator(
      map((x: number) => x + 1),
      { input: [{ value: 1 }], expected: [{ value: 2 }] },
    )
  })
})

const ORIGIN = { source: 'readings', partition: 'readings/4', index: 4 }
