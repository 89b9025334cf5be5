import { stat } from 'node:fs/promises'
import { kafkaSink } from '@rtp/kafka'
import { csvSource, number, text, timestamp } from '@rtp/source-csv'
import { type BadRecord, type JobMetrics, type Pipeline, pipeline, run, StreamError } from '@rtp/stream-core'
import { messageOf } from '@rtp/stream-core/extend'
import type { Settings } from '../cli/settings.ts'
import { type ProduceResult, usageSince } from '../output/stage-results.ts'
import { eventTimeRange } from '../readings/event-time-range.ts'
import { MAX_FIELD_BYTES, MAX_ID_BYTES, MAX_ROW_BYTES } from '../readings/limits.ts'
import { Pseudonymizer } from '../readings/pseudonym.ts'
import { deadRowBytes, messageJson } from '../readings/reading-serde.ts'
import { committedBy, followJob } from './follow-job.ts'
import type { StageListener } from './stage-listener.ts'
import { connectionOf, deadTopicOf, prepareDeadTopic, prepareTopic } from './topics.ts'

/** Reads the CSV, replaces ids by pseudonyms and sends the readings to the topic, in order per sensor. */
export async function runProducer(settings: Settings, listener: StageListener): Promise<ProduceResult> {
  const startedAt = performance.now()
  const { input = '' } = settings
  const { logger, stopping } = listener
  const size = await sizeOf(input)
  await prepareTopic(settings, logger, stopping)
  await prepareDeadTopic(settings, logger, stopping)
  // Sending a stretch again after a failure would put its rows on the topic twice, so a failure is final.
  const job = run(producer(input, settings), { logger, restart: { attempts: 0 }, checkpoint: CHECKPOINTS })
  const { state, metrics } = await followJob(job, listener, metrics => ({
    rows: rowsRead(metrics),
    share: size === undefined ? undefined : bytesRead(metrics) / size,
  }))
  return {
    rowsRead: rowsRead(metrics),
    produced: committedBy(metrics, 'readings'),
    deadLettered: committedBy(metrics, 'dead-rows'),
    complete: state === 'finished',
    ...usageSince(startedAt),
  }
}

/** A checkpoint waits until everything before it is acknowledged; more of them would make smaller batches. */
const CHECKPOINTS = { records: 200_000, bytes: 64 * 1024 * 1024 }

function rowsRead({ sources }: JobMetrics): number {
  return sources.reduce((sum, { records, badRecords }) => sum + records + badRecords, 0)
}

function bytesRead({ sources }: JobMetrics): number {
  const position = sources[0]?.position
  return typeof position === 'object' ? Number(position['offset']) : 0
}

/** Undefined for a compressed file, whose positions count decompressed bytes. Errors: `CSV_UNREADABLE`. */
async function sizeOf(input: string): Promise<number | undefined> {
  const { size } = await stat(input).catch(cause => {
    throw new StreamError(
      'CSV_UNREADABLE',
      `${input} cannot be read: ${messageOf(cause)}. Name the CSV with --input.`,
      { cause },
    )
  })
  return input.endsWith('.gz') || size === 0 ? undefined : size
}

function producer(input: string, settings: Settings): Pipeline {
  const { config } = settings
  const { topic, columns, csv, eventTime, producer: sending } = config
  const pseudonymizer = new Pseudonymizer(settings.pseudonymKey)
  const meta = JSON.stringify({ kid: pseudonymizer.keyId })
  const unit = EPOCH_UNITS[eventTime.form]
  const times = { ...eventTimeRange(config), ...(unit === undefined ? {} : { unit }) }
  const job = pipeline('telemetry producer')
  const rows = job.from(
    csvSource({
      files: input,
      columns: {
        id: text(columns.sensor_id, { trim: true, maxBytes: MAX_ID_BYTES }),
        value: number(columns.value),
        time: timestamp(columns.event_time, times),
      },
      delimiter: csv.delimiter,
      maxRowBytes: MAX_ROW_BYTES,
      maxFieldBytes: MAX_FIELD_BYTES,
    }),
    { name: 'csv' },
  )
  const sink = { ...connectionOf(settings), batchBytes: sending.batchKb * 1024, lingerMs: sending.lingerMs }
  rows
    .map(({ id, value, time }) => ({ sensor_id: pseudonymizer.pseudonym(id), value, event_time: time, meta }), {
      name: 'pseudonymize',
    })
    .sink(
      kafkaSink({
        ...sink,
        topic,
        value: messageJson,
        key: reading => reading.sensor_id,
        timestamp: reading => reading.event_time,
      }),
      { name: 'readings' },
    )
  rows.badRecords().sink(
    kafkaSink<BadRecord>({
      ...sink,
      topic: deadTopicOf(topic),
      value: deadRowBytes,
      headers: ({ line, reason, detail }) => [
        ['line', String(line)],
        ['reason', reason],
        ['detail', detail],
      ],
    }),
    { name: 'dead-rows' },
  )
  return job
}

const EPOCH_UNITS = { iso8601: undefined, 'epoch-seconds': 'seconds', 'epoch-milliseconds': 'milliseconds' } as const
