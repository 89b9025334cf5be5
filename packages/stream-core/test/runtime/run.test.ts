import { describe, expect, it } from 'vitest'
import {
  boundedOutOfOrderness,
  count,
  from,
  mean,
  minutes,
  pipeline,
  run,
  seconds,
  toArray,
  type WindowResult,
} from '../../src/index.ts'

describe('run', () => {
  it('computes windows over a plain array', async () => {
    const readings = Array.from({ length: 10_000 }, (_, i) => ({ sensor: `s${i % 7}`, at: i * 100, celsius: i % 50 }))
    const results: WindowResult<string, { n: number; mean: number }>[] = []
    const job = pipeline('readings')
    job
      .from(readings)
      .withEventTime(r => r.at, boundedOutOfOrderness(seconds(5)))
      .filter(r => r.celsius > 10)
      .keyBy(r => r.sensor)
      .tumblingWindow(minutes(1), { name: 'per-minute' })
      .aggregate({ n: count(), mean: mean(r => r.celsius) })
      .sink(toArray(results))
    const { state, metrics } = await run(job).done
    expect(state).toBe('finished')
    expect(metrics.sources[0]?.records).toBe(10_000)
    expect(results.reduce((sum, { value }) => sum + value.n, 0)).toBe(7_800)
    expect(results).toHaveLength(17 * 7)
  })
})

describe('iterating over a stream', () => {
  it('yields every record in order, through asynchronous steps too', async () => {
    const seen: number[] = []
    for await (const x of from([1, 2, 3])
      .map(x => x * 2)
      .mapAsync(async x => x + 1))
      seen.push(x)
    expect(seen).toEqual([3, 5, 7])
  })

  it('ends the run of an endless source when the loop is left', async () => {
    let taken = 0
    function* endless() {
      for (;;) yield taken++
    }
    let last = 0
    for await (const x of from(endless())) {
      last = x
      if (x === 10_000) break
    }
    expect(last).toBe(10_000)
    // Bounded read-ahead: what waits between source and loop is limited.
    expect(taken).toBeLessThan(20_000)
  })
})
