import { verifyOperator } from '@rtp/stream-testing'
import { describe, expect, test } from 'vitest'
import {
  afterEndOfWindow,
  afterProcessingTime,
  everyEventTime,
  everyProcessingTime,
  sessions,
  sliding,
  tumbling,
} from '../../../src/index.ts'
import { at, type Reading } from '../reading.ts'
import { early, emitted, final, windowed } from './readings-in-windows.ts'

describe('a processing-time window', () => {
  test('takes the records that come while it lasts, whatever their event time, and emits when it is over', async () => {
    await verifyOperator(windowed({ assigner: tumbling(10, 0, 'processing') }), {
      input: [
        { processingTime: 3 },
        at(700, 1),
        { processingTime: 9 },
        { value: { key: 'a', n: 2 } },
        { processingTime: 10 },
        at(0, 3),
        { processingTime: 20 },
      ],
      expected: [emitted(0, 10, [1, 2], final(0)), emitted(10, 20, [3], final(0))],
    })
  })

  test('is not split by a record in its last millisecond', async () => {
    await verifyOperator(windowed({ assigner: tumbling(10, 0, 'processing') }), {
      input: [{ processingTime: 9 }, at(0, 1), { processingTime: 9 }, at(0, 2), { processingTime: 10 }],
      expected: [emitted(0, 10, [1, 2], final(0))],
    })
  })

  test('may slide', async () => {
    await verifyOperator(windowed({ assigner: sliding(10, 5, 0, 'processing') }), {
      input: [{ processingTime: 3 }, at(0, 1), { processingTime: 7 }, at(0, 2), { processingTime: 30 }],
      expected: [emitted(-5, 5, [1], final(0)), emitted(0, 10, [1, 2], final(0)), emitted(5, 15, [2], final(0))],
    })
  })

  test('may be a session', async () => {
    await verifyOperator(windowed({ assigner: sessions<Reading>(10, 'processing') }), {
      input: [
        { processingTime: 3 },
        at(0, 1),
        { processingTime: 9 },
        at(0, 2),
        { processingTime: 18 },
        { processingTime: 19 },
      ],
      expected: [emitted(3, 19, [1, 2], final(0))],
    })
  })

  test('may emit early, and at its end', async () => {
    const trigger = afterEndOfWindow({ early: afterProcessingTime(3) })
    await verifyOperator(windowed({ assigner: tumbling(10, 0, 'processing'), trigger }), {
      input: [{ processingTime: 3 }, at(0, 1), { processingTime: 7 }, at(0, 2), { processingTime: 12 }],
      expected: [emitted(0, 10, [1], early(0)), emitted(0, 10, [1, 2], final(1))],
    })
  })

  test('emits what it holds when the input ends', async () => {
    await verifyOperator(windowed({ assigner: tumbling(10, 0, 'processing'), trigger: everyProcessingTime(2) }), {
      input: [{ processingTime: 3 }, at(0, 1), { processingTime: 4 }, { watermark: Number.POSITIVE_INFINITY }],
      expected: [emitted(0, 10, [1], early(0)), emitted(0, 10, [1], final(1))],
    })
  })

  test('knows no lateness, no other clock and no quiet', () => {
    const assigner = tumbling(10, 0, 'processing')
    expect(() => windowed({ assigner, allowedLatenessMs: 5 })).toThrow(/WINDOW_INVALID: .*allowedLateness/)
    expect(() => windowed({ assigner, trigger: everyEventTime(5) })).toThrow(/WINDOW_INVALID: .*Use one clock/)
    expect(() => windowed({ assigner, emitWhenQuietMs: 5 })).toThrow('WINDOW_INVALID')
    expect(() => windowed({ assigner, wallClock: { alone: true, delayMs: 1 } })).toThrow('WINDOW_INVALID')
  })
})
