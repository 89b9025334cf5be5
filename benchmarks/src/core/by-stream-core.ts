import {
  boundedOutOfOrderness,
  count,
  forEachBatch,
  fromIterable,
  max,
  mean,
  min,
  pipeline,
  type Readable,
  run,
} from '@rtp/stream-core'
import { BOUND_MS, calibrate, isValid, type Reading, WINDOW_MS } from './reading.ts'

/** The job as a user of the engine writes it. */
export async function runByStreamCore(readings: Readable<Reading>): Promise<string> {
  let windows = 0
  let counted = 0
  let checksum = 0
  const job = pipeline('core')
  job
    .from(readings)
    .withEventTime(r => r.at, boundedOutOfOrderness(BOUND_MS))
    .map(calibrate)
    .filter(isValid)
    .keyBy(r => r.key)
    .tumblingWindow(WINDOW_MS)
    .aggregate({ count: count(), mean: mean(r => r.value), min: min(r => r.value), max: max(r => r.value) })
    .sink(
      forEachBatch(results => {
        for (const { value } of results) {
          windows++
          counted += value.count
          checksum += value.max - value.min
        }
      }),
    )
  const { metrics } = await run(job).done
  const late = metrics.operators.reduce((sum, { lateRecords }) => sum + lateRecords, 0)
  return `${windows} windows, ${counted} counted, ${late} late, checksum ${Math.round(checksum)}`
}

export function inBatchesOf(batchSize: number, readings: readonly Reading[]): Readable<Reading> {
  return fromIterable(readings, { batchSize })
}
