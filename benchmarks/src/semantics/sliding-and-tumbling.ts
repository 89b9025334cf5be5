import { boundedOutOfOrderness, count, forEachBatch, pipeline, run, seconds } from '@rtp/stream-core'
import { makeReadings, type Reading } from '../core/reading.ts'
import type { BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { compare } from '../harness/compare.ts'

/** Counts of sliding windows against those of tumbling windows over the same readings. */
export async function slidingAndTumbling(options: BenchmarkOptions): Promise<Comparison> {
  const readings = makeReadings(options.quick ? 100_000 : 2_000_000)
  return compare(
    'semantics: sliding windows of 10 s every second, and tumbling windows of 10 s',
    readings.length,
    options.quick ? 1 : 7,
    [{ name: 'tumbling', run: async () => ({ result: await runTumbling(readings) }) }],
    options,
  )
}

async function runTumbling(readings: readonly Reading[]): Promise<string> {
  let counted = 0
  const job = pipeline('tumbling')
  job
    .from(readings)
    .withEventTime(r => r.at, boundedOutOfOrderness(seconds(5)))
    .keyBy(r => r.key)
    .tumblingWindow(seconds(10))
    .aggregate({ count: count() })
    .sink(
      forEachBatch(results => {
        for (const { value } of results) counted += value.count
      }),
    )
  await run(job).done
  return `${counted} counted`
}
