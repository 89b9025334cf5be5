import { bytes, field, json, type Serde } from '@rtp/kafka'
import { type BadRecord, StreamError } from '@rtp/stream-core'
import type { PipelineConfig } from '../config/pipeline-config.ts'
import { eventTimeRange, OUT_OF_RANGE } from './event-time-range.ts'
import type { Reading } from './reading.ts'

/** The message of a reading: `{"sensor_id":1,"value":2.5,"event_time":"2026-01-01T00:00:00.000Z","meta":{"kid":"k1-0a1b2c3d"}}`. */
export const messageJson = json({
  sensor_id: field.integer(),
  value: field.number(),
  event_time: field.isoTime(),
  meta: field.optional(field.rawJson()),
})

/** Messages as readings; one whose time is out of range is a bad record with a reason of its own. */
export function readingSerde(config: PipelineConfig): Serde<Reading> {
  const { earliestMs, latestMs } = eventTimeRange(config)
  const keepsAll = config.rawPayload === 'full'
  return {
    name: 'reading',
    encoder: () => messageJson.encoder(),
    decoder() {
      const message = messageJson.decoder()
      let latest = latestMs()
      return {
        decode(bytes, start, end, fault) {
          const reading = message.decode(bytes, start, end, fault)
          const time = reading.event_time
          // The clock is asked again only where its last answer does not decide.
          if (time > latest) latest = latestMs()
          if (time < earliestMs) fault.set(OUT_OF_RANGE, 'field event_time is earlier than the configuration allows')
          else if (time > latest) fault.set(OUT_OF_RANGE, 'field event_time is later than the configuration allows')
          if (keepsAll && !fault.failed) reading.meta = bytes.toString('utf8', start, end)
          return reading
        },
      }
    },
  }
}

/** A row that cannot become a message, as its original bytes. Written only: who reads them wants the bytes. */
export const deadRowBytes: Serde<BadRecord> = {
  name: 'row',
  encoder() {
    const write = bytes.encoder()
    return (row, target, at) => write(row.bytes, target, at)
  },
  decoder() {
    throw new StreamError('NOT_READABLE', 'dead rows are read as bytes: their line and reason are in the headers.')
  },
}
