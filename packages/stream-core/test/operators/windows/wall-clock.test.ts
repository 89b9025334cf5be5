import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, test } from 'vitest'
import { afterEndOfWindow, everyRecord, global, never, sessions } from '../../../src/index.ts'
import { at, type Reading } from '../reading.ts'
import { belated, byClock, complete, early, emitted, final, windowed } from './readings-in-windows.ts'

const either = { alone: false, delayMs: 100 }
const alone = { alone: true, delayMs: 100 }

describe('a window that the wall clock may close', () => {
  test('emits its final result once, and what comes later for it is late', async () => {
    await verifyOperator(windowed({ wallClock: either }), {
      input: [
        { processingTime: 5 },
        at(1, 1),
        { processingTime: 109 },
        { processingTime: 110 },
        at(2, 2),
        at(3, 3, 'b'),
        { watermark: 50 },
      ],
      expected: [emitted(0, 10, [1], byClock(0))],
      sides: {
        late: [
          {
            value: {
              value: { key: 'a', n: 2 },
              time: 2,
              watermark: Number.NEGATIVE_INFINITY,
              lateByMs: 0,
              reason: 'closedByWallClock',
            },
            time: 2,
          },
          {
            value: {
              value: { key: 'b', n: 3 },
              time: 3,
              watermark: Number.NEGATIVE_INFINITY,
              lateByMs: 0,
              reason: 'closedByWallClock',
            },
            time: 3,
          },
        ],
      },
      metrics: { lateRecords: 2, wallClockClosings: 1 },
    })
  })

  test('emits before that as its trigger says, and the final result also where it is as before', async () => {
    await verifyOperator(windowed({ wallClock: either, trigger: afterEndOfWindow({ early: everyRecord() }) }), {
      input: [{ processingTime: 5 }, at(1, 1), { processingTime: 300 }],
      expected: [emitted(0, 10, [1], early(0)), emitted(0, 10, [1], byClock(1))],
    })
  })

  test('is closed by the watermark where that comes first, and then waits for late records', async () => {
    await verifyOperator(windowed({ wallClock: either, allowedLatenessMs: 20 }), {
      input: [
        { processingTime: 5 },
        at(1, 1),
        { watermark: 9 },
        { processingTime: 500 },
        at(2, 2),
        at(3, 3, 'b'),
        { watermark: 40 },
      ],
      expected: [
        emitted(0, 10, [1], complete(0)),
        { watermark: 9 },
        emitted(0, 10, [1, 2], belated(1)),
        emitted(0, 10, [3], belated(0), 'b'),
        { watermark: 40 },
      ],
      sides: { late: [] },
      metrics: { wallClockClosings: 0 },
    })
  })

  test('of an old time stays open while its records come, so that a job can catch up', async () => {
    await verifyOperator(windowed({ wallClock: either }), {
      input: [
        { processingTime: 1_000_000 },
        at(1, 1),
        { processingTime: 1_000_099 },
        at(2, 2),
        { processingTime: 1_000_198 },
        { processingTime: 1_000_199 },
      ],
      expected: [emitted(0, 10, [1, 2], byClock(0))],
    })
  })

  test('with the wall clock alone is not closed by the watermark, but at the end of the input', async () => {
    await verifyOperator(windowed({ wallClock: alone }), {
      input: [
        { processingTime: 5 },
        at(1, 1),
        { watermark: 50 },
        at(2, 2),
        { processingTime: 200 },
        at(21, 3),
        { watermark: Number.POSITIVE_INFINITY },
      ],
      expected: [emitted(0, 10, [1, 2], byClock(0)), emitted(20, 30, [3], final(0))],
      sides: { late: [] },
    })
  })

  test('may be a session, which each of its records keeps open', async () => {
    await verifyOperator(windowed({ assigner: sessions<Reading>(10), wallClock: either }), {
      input: [
        { processingTime: 50 },
        at(0, 1),
        { processingTime: 140 },
        at(8, 2),
        { processingTime: 239 },
        { processingTime: 240 },
      ],
      expected: [emitted(0, 18, [1, 2], byClock(0))],
    })
  })

  test('asks to be called when it is due', () => {
    const harness = operatorHarness(windowed({ wallClock: either }))
    harness.processingTime(5)
    harness.record({ key: 'a', n: 1 }, 1)
    expect(harness.inspect({ key: 'a' })?.text).toMatch(
      /waits for the watermark to reach 9 .*The wall clock may close it/,
    )
    harness.processingTime(200)
    expect(harness.inspect({ windowStart: 0 })?.text).toMatch(/No such window is open.*The wall clock has closed it/)
  })

  test('has an end, and takes no lateness from a watermark that closes nothing', () => {
    expect(() => windowed({ assigner: global(), trigger: never(), wallClock: either })).toThrow(
      /WINDOW_INVALID: .*no end/,
    )
    expect(() => windowed({ wallClock: alone, allowedLatenessMs: 5 })).toThrow(/WINDOW_INVALID: .*'either'/)
  })
})
