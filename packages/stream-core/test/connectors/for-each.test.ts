import { describe, expect, it } from 'vitest'
import { forEachBatch, fromIterable, pipeline, run, StreamError } from '../../src/index.ts'
import { until } from '../runtime/until.ts'

describe('forEachBatch', () => {
  it('calls with every record in order, one call at a time, and the job ends after the last', async () => {
    const seen: number[] = []
    let underWay = 0
    let most = 0
    const job = pipeline('calls')
    const numbers = Array.from({ length: 100 }, (_, i) => i)
    job.from(fromIterable(numbers, { batchSize: 7 })).sink(
      forEachBatch(async values => {
        most = Math.max(most, ++underWay)
        await new Promise(resolve => setImmediate(resolve))
        seen.push(...values)
        underWay--
      }),
    )
    await run(job).done
    expect(seen).toEqual(numbers)
    expect(most).toBe(1)
  })

  it('gets a list of its own, which it may keep', async () => {
    const kept: (readonly number[])[] = []
    const job = pipeline('kept')
    job.from(fromIterable([1, 2, 3, 4], { batchSize: 2 })).sink(forEachBatch(values => void kept.push(values)))
    await run(job).done
    expect(kept).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('holds the job back while a call is under way', async () => {
    let release: () => void = () => {}
    let taken = 0
    let calls = 0
    function* watched() {
      for (; taken < 100; taken++) yield taken
    }
    const job = pipeline('held')
    job.from(fromIterable(watched(), { batchSize: 1 })).sink(
      forEachBatch(
        () =>
          new Promise<void>(resolve => {
            calls++
            release = resolve
          }),
      ),
    )
    const running = run(job)
    await until(() => calls > 0)
    for (let i = 0; i < 100; i++) await new Promise(resolve => setImmediate(resolve))
    expect([calls, taken]).toEqual([1, 0])
    const cancelled = running.cancel()
    release()
    await cancelled
    await expect(running.done).rejects.toThrow('ABORTED')
  })

  it('fails the job with the name of the sink, and may be tried again where its error says so', async () => {
    const job = pipeline('failing')
    job.from([1]).sink(
      forEachBatch(() => {
        throw new Error('full')
      }, 'printer'),
    )
    await expect(run(job).done).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('"printer"'),
    })

    let calls = 0
    const seen: number[] = []
    const again = pipeline('again')
    again.from([1, 2]).sink(
      forEachBatch(values => {
        if (++calls === 1) throw new StreamError('LINE_BUSY', 'the line is busy.', { retryable: true })
        seen.push(...values)
      }),
    )
    const { metrics } = await run(again, { restart: { initialDelayMs: 0 } }).done
    expect(metrics.restarts).toBe(1)
    expect(seen).toEqual([1, 2])
  })

  it('has been called with everything that a checkpoint counts as done', async () => {
    const seen: number[] = []
    const job = pipeline('counted')
    job.from(fromIterable([1, 2, 3, 4, 5, 6], { batchSize: 2 })).sink(
      forEachBatch(async values => {
        await new Promise(resolve => setImmediate(resolve))
        seen.push(...values)
      }),
    )
    const running = run(job, { checkpoint: { records: 2 } })
    let checked = 0
    const watch = until(() => {
      const { sinks, checkpoints } = running.metrics()
      if (checkpoints.completed > 0) checked++
      expect(seen.length).toBeGreaterThanOrEqual(sinks[0]?.committed ?? 0)
      return running.state === 'finished'
    })
    const { metrics } = await running.done
    await watch
    expect(metrics.sinks[0]?.committed).toBe(6)
    expect(checked).toBeGreaterThan(0)
  })
})

describe('forEachBatch with a function that is done when it returns', () => {
  it('may return anything, and makes no checkpoint due', async () => {
    const seen: number[] = []
    const job = pipeline('plain')
    job
      .from(
        fromIterable(
          Array.from({ length: 1_000 }, (_, i) => i),
          { batchSize: 10 },
        ),
      )
      .sink(forEachBatch(values => void seen.push(...values)))
    const { metrics } = await run(job, { checkpoint: { intervalMs: 60_000 } }).done
    expect(seen).toHaveLength(1_000)
    expect(metrics.checkpoints.completed).toBe(1)
  })
})
