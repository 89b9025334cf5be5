import {
  ascendingTimes,
  count,
  forEachBatch,
  hours,
  max,
  mean,
  min,
  type Pipeline,
  pipeline,
  type Source,
  valueState,
} from '@rtp/stream-core'
import type { Reading } from './paced-source.ts'

/** Jobs that keep something for every key and emit none of it before the input ends. */
export const STATE_JOBS: Readonly<Record<string, (source: Source<Reading>) => Pipeline>> = {
  window: source => {
    const job = pipeline('window-state')
    keyed(job, source)
      .tumblingWindow(hours(10_000), { name: 'windows' })
      .aggregate(AGGREGATES)
      .sink(forEachBatch(NOTHING))
    return job
  },
  session: source => {
    const job = pipeline('session-state')
    keyed(job, source)
      .sessionWindow(hours(10_000), { name: 'sessions' })
      .aggregate(AGGREGATES)
      .sink(forEachBatch(NOTHING))
    return job
  },
  /** Each record moves its key's timer a little, as a time-out does. */
  process: source => {
    const job = pipeline('process-state')
    keyed(job, source)
      .process(
        {
          state: { seen: valueState({ count: 0, sum: 0, timer: 0 }) },
          onRecord(reading, context) {
            const { seen } = context.state
            const { count, sum, timer } = seen.get()
            const next = reading.at + hours(10_000)
            if (count > 0) context.deleteTimer(timer)
            context.setTimer(next)
            seen.set({ count: count + 1, sum: sum + reading.value, timer: next })
          },
          onTimer() {},
        },
        { name: 'time-outs' },
      )
      .sink(forEachBatch(NOTHING))
    return job
  },
}

const AGGREGATES = {
  count: count(),
  mean: mean((r: Reading) => r.value),
  min: min((r: Reading) => r.value),
  max: max((r: Reading) => r.value),
}

const NOTHING = (): void => {}

function keyed(job: Pipeline, source: Source<Reading>) {
  return job
    .from(source)
    .withEventTime(reading => reading.at, ascendingTimes())
    .keyBy(reading => reading.key)
}
