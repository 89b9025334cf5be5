import { boundedOutOfOrderness, count, forEachBatch, pipeline, run, seconds } from '@rtp/stream-core'
import { makeReadings, type Reading } from '../core/reading.ts'
import type { BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { compare } from '../harness/compare.ts'

/** Counts of sliding windows against those of tumbling windows over the same readings of 200 keys, out of order by up to a second. */
export async function slidingAndTumbling(options: BenchmarkOptions): Promise<Comparison> {
  const slow = makeReadings(options.quick ? 100_000 : 2_000_000)
  const readings = slow.map(reading => ({ ...reading, at: 1.7e12 + Math.floor((reading.at - 1.7e12) / 10) }))
  return compare(
    'semantics: sliding windows against tumbling windows of 10 s, counts, 10,000 readings a second of event time',
    readings.length,
    options.quick ? 1 : 7,
    [
      { name: 'tumbling 10 s', run: () => countReadings(readings, seconds(10), seconds(10)) },
      { name: 'sliding 10 s every 1 s', run: () => countReadings(readings, seconds(10), seconds(1)) },
      { name: 'sliding 60 s every 1 s', run: () => countReadings(readings, seconds(60), seconds(1)) },
      {
        name: 'sliding 10 s every 1 s, 1,000 readings a second: 5 of a key in a slice',
        run: () => countReadings(slow, seconds(10), seconds(1)),
      },
    ],
    options,
    ['a reading is counted once in each of its windows: 1, 10, 60 and 10 of them; each key gives one result a window'],
  )
}

/** Each reading is counted in size / slide windows. */
async function countReadings(readings: readonly Reading[], size: number, slide: number): Promise<{ result: string }> {
  let counted = 0
  const job = pipeline('sliding')
  job
    .from(readings)
    .withEventTime(r => r.at, boundedOutOfOrderness(seconds(10)))
    .keyBy(r => r.key)
    .slidingWindow(size, slide)
    .aggregate({ count: count() })
    .sink(
      forEachBatch(results => {
        for (const { value } of results) counted += value.count
      }),
    )
  await run(job).done
  return { result: `${(counted * slide) / size} counted` }
}
