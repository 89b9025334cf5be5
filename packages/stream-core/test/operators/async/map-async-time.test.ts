import { batchOf, operatorHarness } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { AsyncRetry } from '../../../src/index.ts'
import { mapAsync } from '../../../src/operators/async/map-async.ts'
import { until } from '../../runtime/until.ts'
import { heldCalls, sometime } from './calls.ts'

const values = (items: readonly object[]) => items.map(item => ('value' in item ? item.value : item))

describe('the time limit of mapAsync', () => {
  it('stops the job with the place of the record; calls that were under way still come to their end', async () => {
    for (const ordered of [true, false]) {
      const { running, fn } = heldCalls()
      const harness = operatorHarness(mapAsync(fn, { concurrency: 2, timeoutMs: 10, ordered }))
      harness.processingTime(0)
      harness.record(1, 0)
      harness.processingTime(5)
      harness.record(2, 5)
      harness.processingTime(9)
      await harness.ready()
      harness.processingTime(10)
      await expect(harness.ready()).rejects.toMatchObject({ code: 'CALL_TIMED_OUT' })
      expect(running[0]!.call.signal.aborted).toBe(true)
      running[1]!.end('two')
      await until(() => running[1]!.isOver)
      await sometime(undefined, 1)
      expect(harness.take()).toEqual([{ value: 'two', time: 5 }])
      // Its result comes too late.
      running[0]!.end('one')
      await sometime(undefined, 1)
      expect(harness.take()).toEqual([])
    }
  })

  it('lets no watermark pass a record that failed', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 2, timeoutMs: 10 }))
    harness.record(1, 0)
    harness.watermark(7)
    harness.record(2, 9)
    harness.processingTime(10)
    running[1]!.end('two')
    await sometime(undefined, 1)
    expect(harness.take()).toEqual([])
  })

  it('gives a result of the user instead', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { timeoutMs: 10, onTimeout: (value: number) => `late ${value}` }))
    harness.record(1, 0)
    harness.processingTime(5)
    harness.record(2, 5)
    harness.processingTime(11)
    running[1]!.end('two')
    await harness.drain()
    expect(harness.take()).toEqual([
      { value: 'late 1', time: 0 },
      { value: 'two', time: 5 },
    ])
  })

  it('of a call that began between two calls by the runtime counts from when the time is told next', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 1, timeoutMs: 10, onTimeout: () => 'late' }))
    harness.batch(batchOf([1, 2]))
    running[0]!.end('one')
    await until(() => running.length === 2)
    harness.processingTime(1_000)
    harness.processingTime(1_009)
    expect(values(harness.take())).toEqual(['one'])
    harness.processingTime(1_010)
    expect(values(harness.take())).toEqual(['late'])
  })

  it('is no time at which anything is waited for once the calls are over', async () => {
    const { running, fn } = heldCalls()
    const spec = mapAsync(fn, { timeoutMs: 10 })
    const operator = spec.start({
      name: 'calls',
      output: { push() {} },
      side: () => undefined,
      origins: [],
      metrics: {} as never,
      fail(cause) {
        throw cause
      },
      checkOwner() {},
    })
    operator.onProcessingTime?.(100)
    operator.onBatch(batchOf([1]), 0)
    expect(operator.nextProcessingTime).toBe(110)
    running[0]!.end('one')
    await ('drain' in operator ? operator.drain() : undefined)
    expect(operator.nextProcessingTime).toBe(Number.POSITIVE_INFINITY)
  })

  it('must be one, and a result for its end needs it', () => {
    expect(() => mapAsync(async (x: number) => x, { timeoutMs: 0 })).toThrow('DURATION_INVALID')
    expect(() => mapAsync(async (x: number) => x, { onTimeout: x => x })).toThrow('DURATION_INVALID')
  })
})

describe('further attempts of mapAsync', () => {
  /** Fails so often before it gives `#value`. */
  function failing(times: number) {
    const attempts: number[] = []
    const fn = async (value: number, { attempt }: { readonly attempt: number }) => {
      attempts.push(attempt)
      if (attempt <= times) throw new Error(`attempt ${attempt}`)
      return `#${value}`
    }
    return { attempts, fn }
  }

  it('are made when the back-off is over, growing from one to the next', async () => {
    const { attempts, fn } = failing(3)
    const retry: AsyncRetry<string> = { attempts: 4, backOffMs: { initialMs: 100, factor: 2, maxMs: 150 } }
    const harness = operatorHarness(mapAsync(fn, { retry }))
    harness.record(1, 0)
    const made = [1]
    for (const [told, due, count] of [
      [0, 100, 2],
      [100, 250, 3],
      [250, 400, 4],
    ] as const) {
      await sometime(undefined, 1)
      harness.processingTime(told)
      harness.processingTime(due - 1)
      expect(attempts).toEqual(made)
      harness.processingTime(due)
      made.push(count)
      expect(attempts).toEqual(made)
    }
    await harness.drain()
    expect(values(harness.take())).toEqual(['#1'])
  })

  it('end with the last one: then the error stops the job', async () => {
    const { fn } = failing(9)
    const harness = operatorHarness(mapAsync(fn, { retry: { attempts: 2, backOffMs: 5 } }))
    harness.record(1, 0)
    await sometime(undefined, 1)
    harness.processingTime(0)
    harness.processingTime(5)
    await expect(harness.drain()).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      message: expect.stringContaining('attempt 2'),
    })
  })

  it('are made for the errors and results that are worth it', async () => {
    const { attempts, fn } = failing(1)
    const picky = operatorHarness(mapAsync(fn, { retry: { attempts: 3, if: cause => cause instanceof TypeError } }))
    picky.record(1, 0)
    await expect(picky.drain()).rejects.toThrow('attempt 1')
    expect(attempts).toEqual([1])
    const calls: number[] = []
    const asks = mapAsync(
      async (_: number, { attempt }) => {
        calls.push(attempt)
        return attempt
      },
      { retry: { attempts: 3, backOffMs: 0, ifResult: found => found < 9 } },
    )
    const harness = operatorHarness(asks)
    harness.record(1, 0)
    for (let i = 0; i < 4; i++) {
      await sometime(undefined, 1)
      harness.processingTime(i)
    }
    await harness.drain()
    // The last one is taken as it is.
    expect([calls, values(harness.take())]).toEqual([[1, 2, 3], [3]])
  })

  it('are told of when the operator is asked what it waits for', async () => {
    const { fn } = failing(1)
    const harness = operatorHarness(mapAsync(fn, { concurrency: 1, retry: { attempts: 2 } }))
    harness.batch(batchOf([1, 2]))
    expect(harness.inspect()?.text).toBe(
      '1 calls are under way, 0 wait for their next attempt, 1 records wait for their turn',
    )
    await sometime(undefined, 1)
    expect(harness.inspect()?.text).toContain('1 wait for their next attempt')
  })

  it('count against the one time limit of the record', async () => {
    const { attempts, fn } = failing(9)
    const harness = operatorHarness(
      mapAsync(fn, { timeoutMs: 100, onTimeout: () => 'gave up', retry: { attempts: 9, backOffMs: 60 } }),
    )
    harness.record(1, 0)
    await sometime(undefined, 1)
    harness.processingTime(1)
    harness.processingTime(61)
    await sometime(undefined, 1)
    harness.processingTime(62)
    harness.processingTime(100)
    expect([attempts, values(harness.take())]).toEqual([[1, 2], ['gave up']])
  })

  it('are at least one, with a back-off that does not shrink', () => {
    const spec = (retry: AsyncRetry<number>) => () => mapAsync(async (x: number) => x, { retry })
    expect(spec({ attempts: 0 })).toThrow('CONCURRENCY_INVALID')
    expect(spec({ attempts: 2, backOffMs: -1 })).toThrow('DURATION_INVALID')
    expect(spec({ attempts: 2, backOffMs: { initialMs: 5, factor: 0.5 } })).toThrow('DURATION_INVALID')
    expect(spec({ attempts: 2, backOffMs: { initialMs: 5, maxMs: 4 } })).toThrow('DURATION_INVALID')
  })
})
