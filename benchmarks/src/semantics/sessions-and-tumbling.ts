import { boundedOutOfOrderness, count, forEachBatch, pipeline, run, seconds } from '@rtp/stream-core'
import { makeReadings, type Reading } from '../core/reading.ts'
import type { BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { compare } from '../harness/compare.ts'

/** Counts of sessions against those of tumbling windows: 200 keys, out of order by up to 10 s, 100 sessions a second. */
export async function sessionsAndTumbling(options: BenchmarkOptions): Promise<Comparison> {
  const readings = inBursts(makeReadings(options.quick ? 100_000 : 2_000_000))
  const windows = { tumbling: 0, sessions: 0 }
  const contender = (name: keyof typeof windows) => ({
    name: name === 'tumbling' ? 'tumbling 10 s' : 'sessions with a gap of 3 s',
    run: async () => {
      const { counted, results } = await countReadings(readings, name)
      windows[name] = results
      return { result: `${counted} counted` }
    },
  })
  const comparison = await compare(
    'semantics: session windows against tumbling windows of 10 s, counts',
    readings.length,
    options.quick ? 1 : 7,
    [contender('tumbling'), contender('sessions')],
    options,
  )
  return { ...comparison, notes: [`${windows.tumbling} tumbling windows of a key, ${windows.sessions} sessions`] }
}

/** A key sends for 10 s and is silent for 10 s, half of the keys at a time, so that sessions end. */
function inBursts(readings: readonly Reading[]): Reading[] {
  return readings.map(reading => {
    const isFirstHalf = Math.floor(reading.at / 10_000) % 2 === 0
    return { ...reading, key: (reading.key >> 1) * 2 + (isFirstHalf ? 0 : 1) }
  })
}

async function countReadings(
  readings: readonly Reading[],
  windows: 'tumbling' | 'sessions',
): Promise<{ counted: number; results: number }> {
  let counted = 0
  let results = 0
  const job = pipeline(windows)
  const keyed = job
    .from(readings)
    .withEventTime(r => r.at, boundedOutOfOrderness(seconds(10)))
    .keyBy(r => r.key)
  const windowed = windows === 'tumbling' ? keyed.tumblingWindow(seconds(10)) : keyed.sessionWindow(seconds(3))
  windowed.aggregate({ count: count() }).sink(
    forEachBatch(batch => {
      results += batch.length
      for (const { value } of batch) counted += value.count
    }),
  )
  await run(job).done
  return { counted, results }
}
