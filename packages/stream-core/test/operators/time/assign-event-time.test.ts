import { batchOf, type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { ascendingTimes, boundedOutOfOrderness } from '../../../src/index.ts'
import { assignEventTime } from '../../../src/operators/time/assign-event-time.ts'

const END = { watermark: Number.POSITIVE_INFINITY }

/** A record whose value is its time. */
function read(time: number, partition = 0): InputItem<number> {
  return { value: time, partition }
}

const bounded = (boundMs: number) => assignEventTime((time: number) => time, boundedOutOfOrderness(boundMs))

const partitions = [0, 1, 2].map(index => ({ source: 'readings', partition: `readings/${index}`, index }))

describe('event time', () => {
  it('has the watermark "highest time - bound - 1", made by the records before, and none before the first', async () => {
    await verifyOperator(bounded(10), {
      input: [read(100), read(95), read(120), read(90), read(130), END],
      expected: [
        { value: 100, time: 100 },
        { watermark: 89 },
        { value: 95, time: 95 },
        { value: 120, time: 120 },
        { watermark: 109 },
        { value: 90, time: 90 },
        { value: 130, time: 130 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
    })
  })

  it('with ascending times lets a record of the same time still be in time', async () => {
    await verifyOperator(
      assignEventTime((time: number) => time, ascendingTimes()),
      {
        input: [read(-5), read(-5), read(7)],
        expected: [
          { value: -5, time: -5 },
          { watermark: -6 },
          { value: -5, time: -5 },
          { value: 7, time: 7 },
          { watermark: 6 },
        ],
      },
    )
  })

  it('is the time that the source keeps, where that is asked for', async () => {
    await verifyOperator(assignEventTime<string>('record', boundedOutOfOrderness(0)), {
      input: [
        { value: 'a', time: 50 },
        { value: 'b', time: 40 },
      ],
      expected: [{ value: 'a', time: 50 }, { watermark: 49 }, { value: 'b', time: 40 }],
    })
  })

  it('lets no watermark through that was made before it, but the end', async () => {
    await verifyOperator(bounded(0), {
      input: [{ watermark: 1_000 }, read(10), { watermark: 2_000 }, END],
      expected: [{ value: 10, time: 10 }, { watermark: Number.POSITIVE_INFINITY }],
    })
  })

  it('made anew of what an operator mixes from several partitions has one watermark, and lets no idleness of that operator through', () => {
    const harness = operatorHarness(bounded(0), { origins: partitions })
    harness.batch(batchOf([5, 9]))
    expect(harness.take()).toEqual([{ value: 5, time: 5 }, { watermark: 4 }, { value: 9, time: 9 }, { watermark: 8 }])
    harness.batch({ ...batchOf<number>([]), watermark: 100, idle: true })
    expect(harness.take()).toEqual([])
  })

  it('ends with the maximum watermark also when there was no record', async () => {
    await verifyOperator(bounded(0), { input: [END], expected: [END] })
  })

  it('that is no time is an error which names the record', () => {
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const harness = operatorHarness(bounded(0), { sides: [] })
      expect(() => harness.batch(batchOf([1, time], { offsets: [7, 8] }))).toThrow(
        expect.objectContaining({ code: 'EVENT_TIME_INVALID' }),
      )
    }
    const timeless = operatorHarness(assignEventTime<number>('record', boundedOutOfOrderness(0)), { sides: [] })
    expect(() => timeless.batch(batchOf([1]))).toThrow('RECORD_TIME_MISSING')
    const throwing = operatorHarness(
      assignEventTime<number>(() => {
        throw new Error('no time')
      }, boundedOutOfOrderness(0)),
    )
    expect(() => throwing.batch(batchOf([1], { offsets: [7] }))).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ offset: 7 }) }),
    )
  })
})

describe('the watermark of several partitions', () => {
  it('is the lowest of them, and there is none before each has sent', async () => {
    await verifyOperator(bounded(0), {
      origins: partitions,
      input: [read(10), read(50, 1), read(11), read(30, 2), read(60, 1), read(40), read(41, 2)],
      expected: [
        { value: 10, time: 10 },
        { value: 50, time: 50 },
        { value: 11, time: 11 },
        { value: 30, time: 30 },
        { watermark: 10 },
        { value: 60, time: 60 },
        { value: 40, time: 40 },
        { watermark: 29 },
        { value: 41, time: 41 },
        { watermark: 39 },
      ],
    })
  })

  it('is made for each record by the records before it, of its own partition and of the others', async () => {
    await verifyOperator(bounded(0), {
      origins: partitions.slice(0, 2),
      input: [read(100, 1), read(10), read(20), read(150), read(30), read(160), read(101, 1)],
      expected: [
        { value: 100, time: 100 },
        { value: 10, time: 10 },
        { watermark: 9 },
        { value: 20, time: 20 },
        { watermark: 19 },
        { value: 150, time: 150 },
        { watermark: 99 },
        { value: 30, time: 30 },
        { value: 160, time: 160 },
        { value: 101, time: 101 },
        { watermark: 100 },
      ],
    })
  })

  it('does not wait for one that is idle: going idle can itself release it', async () => {
    await verifyOperator(bounded(0), {
      origins: partitions,
      input: [read(50), read(40, 1), { idle: true, partition: 2 }, read(60, 1), { idle: true, partition: 0 }],
      expected: [
        { value: 50, time: 50 },
        { value: 40, time: 40 },
        { watermark: 39 },
        { value: 60, time: 60 },
        { watermark: 59 },
      ],
    })
  })

  it('is flushed to the highest when the last one goes idle, then the output is idle too', async () => {
    await verifyOperator(bounded(0), {
      origins: partitions.slice(0, 2),
      input: [read(50), read(40, 1), { idle: true, partition: 0 }, { idle: true, partition: 1 }, read(70, 1)],
      expected: [
        { value: 50, time: 50 },
        { value: 40, time: 40 },
        { watermark: 49 },
        { idle: true },
        { active: true },
        { value: 70, time: 70 },
        { watermark: 69 },
      ],
    })
  })

  it('does not count one for a moment that is said to be idle once more', async () => {
    await verifyOperator(bounded(0), {
      origins: partitions,
      input: [
        read(1, 2),
        { idle: true, partition: 0 },
        read(4, 1),
        { idle: true, partition: 1 },
        read(0),
        { idle: true, partition: 2 },
        { idle: true, partition: 1 },
      ],
      expected: [{ value: 1, time: 1 }, { value: 4, time: 4 }, { watermark: 0 }, { value: 0, time: 0 }],
    })
  })

  it('is neither taken back nor held by a laggard that wakes up, until it has caught up', async () => {
    await verifyOperator(bounded(0), {
      origins: partitions.slice(0, 2),
      input: [
        { idle: true, partition: 1 },
        read(100),
        read(10, 1),
        read(20, 1),
        read(120),
        read(119, 1),
        read(121, 1),
        read(140),
        read(130, 1),
      ],
      expected: [
        { value: 100, time: 100 },
        { watermark: 99 },
        { value: 10, time: 10 },
        { value: 20, time: 20 },
        { value: 120, time: 120 },
        { watermark: 119 },
        { value: 119, time: 119 },
        { value: 121, time: 121 },
        { value: 140, time: 140 },
        { watermark: 120 },
        { value: 130, time: 130 },
        { watermark: 129 },
      ],
    })
  })

  it('waits for a partition that has come since the last checkpoint', async () => {
    const before = operatorHarness(bounded(0), { origins: partitions.slice(0, 2) })
    for (const item of [read(50), read(40, 1)]) before.feed(item)
    const after = operatorHarness(bounded(0), { origins: partitions })
    after.restart([before.snapshot('all')])
    for (const item of [read(90), read(80, 1), read(60, 2), read(61, 2)]) after.feed(item)
    expect(after.take()).toEqual([
      { watermark: 39 },
      { value: 90, time: 90 },
      { value: 80, time: 80 },
      { value: 60, time: 60 },
      { watermark: 59 },
      { value: 61, time: 61 },
      { watermark: 60 },
    ])
  })

  it('cannot be restored when partitions are gone, or are others than before', () => {
    const before = operatorHarness(bounded(0), { origins: partitions })
    const snapshot = before.snapshot('all')
    const fewer = operatorHarness(bounded(0), { origins: partitions.slice(0, 2) })
    expect(() => fewer.restart([snapshot])).toThrow('PARTITIONS_CHANGED')
    const others = operatorHarness(bounded(0), {
      origins: [...partitions.slice(0, 2), { source: 'others', partition: 'others/0', index: 0 }, partitions[2]!],
    })
    expect(() => others.restart([snapshot])).toThrow('PARTITIONS_CHANGED')
  })
})
