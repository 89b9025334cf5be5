import {
  type BadRecord,
  boundedOutOfOrderness,
  count,
  type Late,
  max,
  mean,
  min,
  minutes,
  type Pipeline,
  pipeline,
  type Sink,
  type Source,
  seconds,
  type WindowResult,
} from '@rtp/stream-core'
import type { PipelineConfig } from './config/pipeline-config.ts'
import type { MinuteStatistics, Reading } from './readings/reading.ts'

/** Where the results go. */
export interface TelemetrySinks {
  readonly rawEvents: Sink<Reading>
  readonly minutes: Sink<WindowResult<number, MinuteStatistics>>
  readonly lateRecords: Sink<Late<Reading>>
  readonly deadLetters: Sink<BadRecord>
}

/** The whole dataflow: every reading to raw_events, one row per sensor and minute to agg_1min, what cannot be read to dead_letters. */
export function telemetry(
  source: Source<Reading>,
  sinks: TelemetrySinks,
  { topic, window, watermark }: PipelineConfig,
): Pipeline {
  const job = pipeline(`telemetry-${topic}`)
  const readings = job.from(source, { name: 'readings' })

  readings.badRecords().sink(sinks.deadLetters, { name: 'dead-letters' })
  readings.sink(sinks.rawEvents, { name: 'raw-events' })

  const perMinute = readings
    .withEventTime(reading => reading.event_time, boundedOutOfOrderness(seconds(watermark.outOfOrderSeconds)), {
      name: 'event-time',
    })
    .keyBy(reading => reading.sensor_id, { partitionKey: true })
    .tumblingWindow(minutes(window.minutes), {
      name: 'per-minute',
      allowedLateness: minutes(window.allowedLatenessMinutes),
      emitWhenQuiet: seconds(window.quietSeconds),
    })
    .aggregate({
      cnt: count(),
      avg: mean(reading => reading.value),
      min: min(reading => reading.value),
      max: max(reading => reading.value),
    })
  perMinute.sink(sinks.minutes, { name: 'minutes' })
  perMinute.late().sink(sinks.lateRecords, { name: 'late-records' })
  return job
}
