import { type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { keyedProcess } from '../../../src/operators/keyed/keyed-process.ts'
import { byKey } from '../by-key.ts'

const END = Number.POSITIVE_INFINITY
const NONE = Number.NaN

interface Order {
  readonly key: string
  readonly set?: readonly number[]
  readonly drop?: readonly number[]
  readonly setEvent?: number
}

const order = (key: string, set: readonly number[] = [], drop: readonly number[] = []): InputItem<Order> => ({
  value: { key, set, drop },
  time: 1,
})

const alarms = keyedProcess<string, Order, string, Record<never, never>>(
  {
    onRecord({ set = [], drop = [], setEvent }, context) {
      for (const time of set) context.setProcessingTimer(time)
      for (const time of drop) context.deleteProcessingTimer(time)
      if (setEvent !== undefined) context.setTimer(setEvent)
    },
    onTimer: (time, context) => context.emit(`${context.key} in event time ${time}, now ${context.processingTime}`),
    onProcessingTimer: (time, context) => context.emit(`${context.key} at ${time}`),
  },
  byKey(value => value.key),
)

describe('timers of the wall clock', () => {
  it('fire when the clock reaches them, in order of time, with results that have no event time', async () => {
    await verifyOperator(alarms, {
      input: [
        order('a', [30, 10]),
        order('b', [20, 40]),
        { processingTime: 9 },
        { processingTime: 30 },
        order('c', [50]),
      ],
      expected: [
        { value: 'a at 10', time: NONE },
        { value: 'b at 20', time: NONE },
        { value: 'a at 30', time: NONE },
      ],
    })
  })

  it('of the same time fire in the order in which they were set, after a restore too', async () => {
    await verifyOperator(alarms, {
      input: [order('b', [50]), order('c', [60, 50]), order('a', [50]), { processingTime: 60 }],
      expected: [{ value: 'b at 50' }, { value: 'c at 50' }, { value: 'a at 50' }, { value: 'c at 60' }],
    })
  })

  it('set twice for one time fire once, and are deleted by key and time', async () => {
    await verifyOperator(alarms, {
      input: [
        order('a', [10, 10, 20]),
        order('a', [10]),
        order('b', [10]),
        order('a', [], [20]),
        order('b', [], [11]),
        { processingTime: 100 },
      ],
      expected: [{ value: 'a at 10' }, { value: 'b at 10' }],
    })
  })

  it('that are due when they are set fire at once, before the next record', async () => {
    const spec = keyedProcess<string, Order, string, Record<never, never>>(
      {
        onRecord({ key, set = [] }, context) {
          for (const time of set) context.setProcessingTimer(time)
          context.emit(`record of ${key}`)
        },
        onProcessingTimer: (time, context) => context.emit(`${context.key} at ${time}`),
      },
      byKey(value => value.key),
    )
    await verifyOperator(spec, {
      input: [{ processingTime: 100 }, order('a', [100, 5]), order('b')],
      expected: [
        { value: 'record of a', time: 1 },
        { value: 'a at 5', time: NONE },
        { value: 'a at 100', time: NONE },
        { value: 'record of b', time: 1 },
      ],
    })
  })

  it('stand apart from event-time timers of the same key and time', async () => {
    await verifyOperator(alarms, {
      input: [
        { value: { key: 'a', set: [10], setEvent: 10 }, time: 1 },
        { watermark: 10 },
        { processingTime: 10 },
        { watermark: END },
      ],
      expected: [
        { value: 'a in event time 10, now 0', time: 10 },
        { watermark: 10 },
        { value: 'a at 10', time: NONE },
        { watermark: END },
      ],
    })
  })

  it('that wait when the input ends never fire', async () => {
    await verifyOperator(alarms, {
      input: [order('a', [10]), { watermark: END }],
      expected: [{ watermark: END }],
    })
  })

  it('say when the clock is needed next, and fire once though the clock is set back', () => {
    const harness = operatorHarness(alarms)
    harness.feed(order('a', [10, 20]))
    harness.processingTime(15)
    harness.processingTime(12)
    harness.processingTime(21)
    expect(harness.take().map(item => 'value' in item && item.value)).toEqual(['a at 10', 'a at 20'])
  })

  it('that set each other for a time that is due stop the job, instead of running for ever', () => {
    const spec = keyedProcess<string, Order, string, Record<never, never>>(
      {
        onRecord: (_, context) => context.setProcessingTimer(5),
        onProcessingTimer: (time, context) => context.setProcessingTimer(time),
      },
      byKey(value => value.key),
    )
    const harness = operatorHarness(spec)
    harness.feed(order('a'))
    expect(() => harness.processingTime(5)).toThrow('timers go on setting further ones that are due at once')
  })

  it('tell a function what time it is, which never goes back, over a restore too', async () => {
    const spec = keyedProcess<string, Order, string, Record<never, never>>(
      { usesProcessingTime: true, onRecord: (_, context) => context.emit(`at ${context.processingTime}`) },
      byKey(value => value.key),
    )
    await verifyOperator(spec, {
      input: [order('a'), { processingTime: 30 }, order('a'), { processingTime: 20 }, order('b')],
      expected: [{ value: 'at 0' }, { value: 'at 30' }, { value: 'at 30' }],
    })
  })
})
