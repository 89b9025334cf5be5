import {
  bytea,
  float8,
  int4,
  int8,
  jsonb,
  type PostgresDatabase,
  recordOffset,
  recordPartition,
  text,
  timestamptz,
} from '@rtp/sinks-postgres'
import type { BadRecord } from '@rtp/stream-core'
import type { TelemetrySinks } from '../pipeline.ts'
import type { Reading } from '../readings/reading.ts'

/** The tables of the results as sinks, which commit together with the job's checkpoints. */
export function telemetrySinks(db: PostgresDatabase, topic: string): TelemetrySinks {
  return {
    rawEvents: db.append<Reading>('telemetry.raw_events', {
      event_time: timestamptz(reading => reading.event_time),
      sensor_id: int8(reading => reading.sensor_id),
      value: float8(reading => reading.value),
      payload: jsonb(reading => reading.meta ?? null, { raw: true }),
      kafka_partition: int4(recordPartition),
      kafka_offset: int8(recordOffset),
    }),
    minutes: db.upsert(
      'telemetry.agg_1min',
      {
        window_start: timestamptz(minute => minute.start),
        window_end: timestamptz(minute => minute.end),
        sensor_id: int8(minute => minute.key),
        cnt: int8(minute => minute.value.cnt),
        avg_value: float8(minute => minute.value.avg),
        min_value: float8(minute => minute.value.min),
        max_value: float8(minute => minute.value.max),
      },
      { key: ['window_start', 'sensor_id'] },
    ),
    lateRecords: db.append('telemetry.late_records', {
      kafka_partition: int4(recordPartition),
      kafka_offset: int8(recordOffset),
      event_time: timestamptz(late => late.time),
      sensor_id: int8(late => late.value.sensor_id),
      late_by_ms: int8(late => late.lateByMs),
    }),
    deadLetters: db.append<BadRecord>('telemetry.dead_letters', {
      topic: text(() => topic),
      kafka_partition: int4(record => record.partitionIndex),
      kafka_offset: int8(record => record.offset),
      reason: text(record => record.reason),
      detail: text(record => record.detail),
      payload: bytea(record => record.bytes),
    }),
  }
}
