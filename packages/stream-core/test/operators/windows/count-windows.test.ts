import { verifyOperator } from '@rtp/stream-testing'
import { describe, expect, test } from 'vitest'
import { type CountWindowOptions, pipeline } from '../../../src/index.ts'
import type { OperatorSpec } from '../../../src/operators/operator.ts'
import { at, type Reading } from '../reading.ts'
import { complete, final, ofAllTime } from './readings-in-windows.ts'

const NO_READINGS: Reading[] = []

function counted(size: number, slide?: number, options?: CountWindowOptions): OperatorSpec<Reading, unknown> {
  const keyed = pipeline('test')
    .from(NO_READINGS)
    .keyBy(reading => reading.key)
  const windows = slide === undefined ? keyed.countWindow(size, options) : keyed.countWindow(size, slide, options)
  const { edge, pipeline: made } = windows.process(readings => [readings.map(({ n }) => n)])
  const node = made.graph.nodes[edge.from]!
  return (node as { readonly spec: OperatorSpec<Reading, unknown> }).spec
}

describe('a count window', () => {
  test('holds so many records of a key, whatever their time; what is left at the end is not emitted', async () => {
    await verifyOperator(counted(3), {
      input: [
        at(9, 1),
        at(1, 2),
        at(5, 9, 'b'),
        at(7, 3),
        at(2, 4),
        at(3, 5),
        at(4, 6),
        at(4, 7),
        { watermark: Number.POSITIVE_INFINITY },
      ],
      expected: [ofAllTime([1, 2, 3], final(0)), ofAllTime([4, 5, 6], final(0))],
    })
  })

  test('needs no event time', async () => {
    await verifyOperator(counted(2), {
      input: [{ value: { key: 'a', n: 1 } }, { value: { key: 'a', n: 2 } }],
      expected: [ofAllTime([1, 2], final(0))],
    })
  })

  test('that slides emits with every slide, at first with fewer records', async () => {
    await verifyOperator(counted(4, 2), {
      input: [1, 2, 3, 4, 5, 6].map(n => at(0, n)),
      expected: [
        ofAllTime([1, 2], complete(0)),
        ofAllTime([1, 2, 3, 4], complete(1)),
        ofAllTime([3, 4, 5, 6], complete(2)),
      ],
    })
  })

  test('can be complete and have a number', async () => {
    await verifyOperator(counted(4, 2, { complete: true }), {
      input: [1, 2, 3, 4, 5, 6, 7, 8].map(n => at(0, n)),
      expected: [
        ofAllTime([1, 2, 3, 4], complete(0)),
        ofAllTime([3, 4, 5, 6], complete(1)),
        ofAllTime([5, 6, 7, 8], complete(2)),
      ],
    })
    await verifyOperator(counted(2, undefined, { complete: true }), {
      input: [1, 2, 3, 4].map(n => at(0, n)),
      expected: [ofAllTime([1, 2], final(0)), ofAllTime([3, 4], final(1))],
    })
  })

  test('may leave records out between two windows', async () => {
    await verifyOperator(counted(2, 3, { complete: true }), {
      input: [1, 2, 3, 4, 5, 6, 7].map(n => at(0, n)),
      expected: [ofAllTime([1, 2], complete(0)), ofAllTime([4, 5], complete(1))],
    })
  })

  test.each([0, -1, 1.5, Number.NaN])('has no size or slide of %s', size => {
    expect(() => counted(size)).toThrow('WINDOW_INVALID')
    expect(() => counted(4, size)).toThrow('WINDOW_INVALID')
  })
})
