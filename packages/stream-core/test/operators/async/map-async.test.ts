import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { createOperatorMetrics } from '../../../src/metrics/operator-metrics.ts'
import { mapAsync } from '../../../src/operators/async/map-async.ts'
import { until } from '../../runtime/until.ts'
import { heldCalls, sometime } from './calls.ts'

describe('mapAsync', () => {
  it('keeps the order of records and watermarks, whichever call ends first', async () => {
    const spec = mapAsync((x: number) => sometime(`#${x}`, (x * 7) % 5), { concurrency: 4 })
    await verifyOperator(spec, {
      input: [
        { value: 1, time: 10 },
        { value: 2, time: 11 },
        { watermark: 5 },
        { value: 3, time: 12 },
        { value: 4, time: 13 },
        { watermark: 8 },
        { idle: true },
        { value: 5, time: 20 },
        { value: 6, time: 21 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
      expected: [
        { value: '#1', time: 10 },
        { value: '#2', time: 11 },
        { watermark: 5 },
        { value: '#3', time: 12 },
        { value: '#4', time: 13 },
        { watermark: 8 },
        { idle: true },
        { active: true },
        { value: '#5', time: 20 },
        { value: '#6', time: 21 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
    })
  })

  it('keeps the order of records of several partitions', async () => {
    const origins = [0, 1].map(index => ({ source: 'input', partition: `input/${index}`, index }))
    await verifyOperator(
      mapAsync((x: number) => sometime(x, x % 3), { concurrency: 3 }),
      {
        origins,
        input: [5, 4, 3, 2, 1, 0].map(value => ({ value, time: value, partition: value % 2 })),
        expected: [5, 4, 3, 2, 1, 0].map(value => ({ value, time: value })),
      },
    )
  })

  it('never has more calls under way than its concurrency, and uses all of it', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 3 }))
    harness.batch(batchOf([1, 2, 3, 4, 5]))
    expect(running.map(call => call.value)).toEqual([1, 2, 3])
    running[1]!.end('two')
    await until(() => running.length > 3)
    expect(running.map(call => call.value)).toEqual([1, 2, 3, 4])
    expect(harness.take()).toEqual([])
    running[0]!.end('one')
    await until(() => running.length > 4)
    expect(harness.take().map(item => ('value' in item ? item.value : item))).toEqual(['one', 'two'])
    for (const call of running) call.end(`${call.value}`)
    await harness.drain()
    expect(harness.take().map(item => ('value' in item ? item.value : item))).toEqual(['3', '4', '5'])
  })

  it('takes no further batch while calls wait for their turn', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 2 }))
    harness.batch(batchOf([1, 2]))
    await harness.ready()
    harness.batch(batchOf([3]))
    let isReady = false
    const ready = harness.ready().then(() => {
      isReady = true
    })
    await sometime(undefined, 3)
    expect(isReady).toBe(false)
    running[0]!.end('one')
    await ready
    expect(running.map(call => call.value)).toEqual([1, 2, 3])
  })

  it('is drained once everything taken so far is out', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 2 }))
    harness.batch({ ...batchOf([1, 2]), watermark: 9 })
    let isDrained = false
    const drained = harness.drain().then(() => {
      isDrained = true
    })
    running[1]!.end('two')
    await sometime(undefined, 3)
    expect(isDrained).toBe(false)
    running[0]!.end('one')
    await drained
    expect(harness.take()).toEqual([
      { value: 'one', time: Number.NaN },
      { value: 'two', time: Number.NaN },
      { watermark: 9 },
    ])
  })

  it('lets a watermark through at once when no record is before it', () => {
    const harness = operatorHarness(mapAsync(async (x: number) => x, { concurrency: 1 }))
    harness.watermark(5)
    expect(harness.take()).toEqual([{ watermark: 5 }])
  })

  it('names the partition and offset of the record whose call failed, and lets out what came before it', async () => {
    for (const throwsAtOnce of [false, true]) {
      const spec = mapAsync(
        (x: number) => {
          if (x !== 12) return sometime(x, 1)
          if (throwsAtOnce) throw new Error('no twelve')
          return Promise.reject(new Error('no twelve'))
        },
        { concurrency: 1 },
      )
      const harness = operatorHarness(spec)
      const batch = batchOf([11, 12, 13], { offsets: [101, 102, 103] })
      harness.batch({ ...batch, origin: { source: 'calls', partition: 'calls/3', index: 3 } })
      await expect(harness.drain()).rejects.toMatchObject({
        code: 'USER_FUNCTION_FAILED',
        place: { partition: 'calls/3', offset: 102 },
      })
      await expect(harness.ready()).rejects.toThrow('no twelve')
      expect(harness.take()).toEqual([{ value: 11, time: Number.NaN }])
    }
  })

  it('never mixes partitions in a batch: each says where its records come from', async () => {
    const { running, fn } = heldCalls()
    const pushed: [string | undefined, number, unknown[]][] = []
    const operator = mapAsync(fn, { concurrency: 4 }).start({
      name: 'calls',
      output: {
        push: ({ origin, values, offsets, size }) =>
          void pushed.push([origin?.partition, offsets[0]!, values.slice(0, size)]),
      },
      side: () => undefined,
      origins: [],
      metrics: createOperatorMetrics(),
      fail(cause) {
        throw cause
      },
      checkOwner() {},
    })
    for (const index of [0, 1]) {
      const origin = { source: 'calls', partition: `calls/${index}`, index }
      operator.onBatch({ ...batchOf([index * 10, index * 10 + 1], { offsets: [5, 6] }), origin }, 0)
    }
    for (const call of running.toReversed()) call.end(`#${call.value}`)
    await ('drain' in operator ? operator.drain() : undefined)
    expect(pushed).toEqual([
      ['calls/0', 5, ['#0', '#1']],
      ['calls/1', 5, ['#10', '#11']],
    ])
  })

  it('fails with what a later operator threw when it took the results', async () => {
    const failures: unknown[] = []
    const spec = mapAsync((x: number) => sometime(x, 1), { concurrency: 2 })
    const operator = spec.start({
      name: 'calls',
      output: {
        push(batch) {
          if (batch.size > 0) throw new Error('full')
        },
      },
      side: () => undefined,
      origins: [],
      metrics: createOperatorMetrics(),
      fail(cause) {
        failures.push(cause)
        throw cause
      },
      checkOwner() {},
    })
    operator.onBatch(batchOf([1]), 0)
    const waiting = 'drain' in operator ? operator.drain() : undefined
    await expect(waiting).rejects.toThrow('full')
    expect(failures).toEqual([])
  })

  it('needs a concurrency of at least one', () => {
    for (const concurrency of [0, -1, 1.5, Number.NaN]) {
      expect(() => mapAsync(async (x: number) => x, { concurrency })).toThrow('CONCURRENCY_INVALID')
    }
  })
})
