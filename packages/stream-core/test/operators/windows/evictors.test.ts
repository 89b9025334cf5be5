import { verifyOperator } from '@rtp/stream-testing'
import { describe, expect, test } from 'vitest'
import { type Evictor, everyCount, global, keepCount, keepNear, keepTime, sessions, sum } from '../../../src/index.ts'
import { at, type Reading } from '../reading.ts'
import { complete, early, emitted, final, numbers, ofAllTime, windowed } from './readings-in-windows.ts'

const assigner = global()
const trigger = everyCount(2)

describe('keepCount', () => {
  test('shows the function the last records only', async () => {
    await verifyOperator(windowed({ assigner, trigger, evictor: keepCount(3) }), {
      input: [at(0, 1), at(1, 2), at(2, 3), at(3, 4), at(4, 5), at(5, 6)],
      expected: [ofAllTime([1, 2], complete(0)), ofAllTime([2, 3, 4], complete(1)), ofAllTime([4, 5, 6], complete(2))],
    })
  })

  test('takes records out when the function has seen them', async () => {
    await verifyOperator(windowed({ assigner, trigger, evictor: keepCount(1, 'after') }), {
      input: [at(0, 1), at(1, 2), at(2, 3), at(3, 4)],
      expected: [ofAllTime([1, 2], complete(0)), ofAllTime([2, 3, 4], complete(1))],
    })
  })

  test.each([0, -2, 0.5])('takes no count of %s', count => {
    expect(() => keepCount(count)).toThrow('WINDOW_INVALID')
  })
})

describe('keepTime', () => {
  test('measures from the highest time in the window, not from the watermark', async () => {
    await verifyOperator(windowed({ trigger, evictor: keepTime(4) }), {
      input: [at(5, 1), at(3, 2), { watermark: 8 }, at(1, 3), at(2, 4)],
      expected: [emitted(0, 10, [1, 2], early(0)), emitted(0, 10, [1, 2, 4], early(1))],
    })
  })

  test('keeps all records that have no time', async () => {
    await verifyOperator(windowed({ assigner, trigger, evictor: keepTime(4) }), {
      input: [{ value: { key: 'a', n: 1 } }, { value: { key: 'a', n: 2 } }],
      expected: [ofAllTime([1, 2], complete(0))],
    })
  })

  test.each([0, -1, 1.5])('takes no span of %s', span => {
    expect(() => keepTime(span)).toThrow('DURATION_INVALID')
  })
})

describe('keepNear', () => {
  test('keeps records that are near the last one', async () => {
    const evictor = keepNear<Reading>(10, (then, last) => last.n - then.n)
    await verifyOperator(windowed({ assigner, trigger, evictor }), {
      input: [at(0, 1), at(1, 20), at(2, 29), at(3, 30)],
      expected: [ofAllTime([20], complete(0)), ofAllTime([29, 30], complete(1))],
    })
  })

  test('takes no threshold that is no number', () => {
    expect(() => keepNear(Number.NaN, () => 0)).toThrow('WINDOW_INVALID')
  })
})

describe('an evictor', () => {
  test('works in windows of event time', async () => {
    await verifyOperator(windowed({ evictor: keepCount(2) }), {
      input: [at(0, 1), at(1, 2), at(2, 3), { watermark: 9 }],
      expected: [emitted(0, 10, [2, 3], final(0))],
    })
  })

  test('works in sessions, with an aggregate that could not merge without it', async () => {
    const aggregate = sum((reading: Reading) => reading.n)
    const windows = { assigner: sessions<Reading>(10), evictor: keepCount(2) }
    await verifyOperator(windowed(windows, { aggregate: { ...aggregate, canMerge: false } }), {
      input: [at(0, 1), at(20, 2), at(10, 3), { watermark: 100 }],
      expected: [{ value: { key: 'a', start: 0, end: 30, value: 5, pane: final(0) }, time: 29 } as never],
    })
  })

  test('of your own may take records from the middle; a window that it leaves empty emits nothing', async () => {
    const even: Evictor<Reading> = {
      name: 'even numbers',
      when: 'before',
      keep: records => records.filter(({ value }) => value.n % 2 === 0),
    }
    await verifyOperator(windowed({ evictor: even }, { aggregate: numbers }), {
      input: [at(0, 1), at(1, 2), at(2, 3), at(3, 4), at(11, 1), { watermark: 30 }],
      expected: [emitted(0, 10, [2, 4], final(0))],
    })
  })
})
