import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { boundedOutOfOrderness, hours, pipeline, run, toArray } from '../../../src/index.ts'
import { assignEventTime } from '../../../src/operators/time/assign-event-time.ts'
import type { InvalidTime, ValidTimes } from '../../../src/operators/time/valid-times.ts'

const within = (validTimes: ValidTimes) => assignEventTime((time: number) => time, boundedOutOfOrderness(0), validTimes)

const read = (...times: number[]) => times.map(value => ({ value }))

describe('a time outside of the valid range', () => {
  it('never moves the watermark, and goes to its side output with the reason', async () => {
    await verifyOperator(within({ from: 0, to: 1_000, onInvalid: 'skip' }), {
      input: read(10, 9_999_999, 11, -1, Number.NaN, 1_000, 12, Number.POSITIVE_INFINITY),
      expected: [
        { value: 10, time: 10 },
        { watermark: 9 },
        { value: 11, time: 11 },
        { watermark: 10 },
        { value: 1_000, time: 1_000 },
        { watermark: 999 },
        { value: 12, time: 12 },
      ],
      sides: {
        invalidTimes: [
          { value: { value: 9_999_999, time: 9_999_999, reason: 'afterRange' } },
          { value: { value: -1, time: -1, reason: 'beforeRange' } },
          { value: { value: Number.NaN, time: Number.NaN, reason: 'notATime' } },
          { value: { value: Number.POSITIVE_INFINITY, time: Number.POSITIVE_INFINITY, reason: 'notATime' } },
        ],
      },
      metrics: { invalidTimes: 4 },
    })
  })

  it('stops the job when nobody takes it, and the error names the record', () => {
    const harness = operatorHarness(within({ from: 0 }), { sides: [] })
    expect(() => harness.batch(batchOf([5, -7], { offsets: [40, 41] }))).toThrow(
      expect.objectContaining({ code: 'EVENT_TIME_INVALID', message: expect.stringContaining('before 1970-01-01') }),
    )
  })

  it('may be told by the wall clock', async () => {
    await verifyOperator(within({ to: { aheadOfClockMs: 100 }, onInvalid: 'skip' }), {
      input: [
        { processingTime: 1_000 },
        ...read(1_100, 1_101),
        { processingTime: 2_000 },
        ...read(1_101, 2_100, 2_101),
      ],
      expected: [
        { value: 1_100, time: 1_100 },
        { watermark: 1_099 },
        { value: 1_101, time: 1_101 },
        { watermark: 1_100 },
        { value: 2_100, time: 2_100 },
        { watermark: 2_099 },
      ],
      metrics: { invalidTimes: 2 },
    })
    expect(within({ to: { aheadOfClockMs: hours(24) } })).toMatchObject({
      usesProcessingTime: true,
      detail: 'bounded out-of-orderness 0 ms; valid times to 1 d ahead of the wall clock',
    })
  })

  it('is missing where the source keeps none', async () => {
    await verifyOperator(assignEventTime<string>('record', boundedOutOfOrderness(0), { onInvalid: 'skip' }), {
      input: [{ value: 'a' }, { value: 'b', time: 3 }],
      expected: [{ value: 'b', time: 3 }],
      sides: { invalidTimes: [{ value: { value: 'a', time: Number.NaN, reason: 'missing' } }] },
    })
  })

  it('goes to a sink of its own when that is taken', async () => {
    const [times, invalid]: [number[], InvalidTime<number>[]] = [[], []]
    const job = pipeline('kept apart')
    const timed = job
      .from([1, 5_000, 2])
      .withEventTime(time => time, boundedOutOfOrderness(0), { validTimes: { to: 1_000 } })
    timed.sink(toArray(times))
    timed.invalidTimes().sink(toArray(invalid))
    const { metrics } = await run(job).done
    expect(times).toEqual([1, 2])
    expect(invalid).toEqual([{ value: 5_000, time: 5_000, reason: 'afterRange' }])
    expect(metrics.operators[0]).toMatchObject({ recordsIn: 3, recordsOut: 2, invalidTimes: 1 })
  })

  it('is judged by a range that is one', () => {
    expect(() => within({ from: 5, to: 4 })).toThrow('EVENT_TIME_INVALID')
    expect(() => within({ from: Number.NaN })).toThrow('EVENT_TIME_INVALID')
    expect(() => within({ to: Number.NaN })).toThrow('EVENT_TIME_INVALID')
    expect(() => within({ to: { aheadOfClockMs: -1 } })).toThrow('DURATION_INVALID')
  })
})
