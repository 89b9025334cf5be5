import { pathToFileURL } from 'node:url'
import { kafkaSource } from '@rtp/kafka'
import { type Job, type Logger, run } from '@rtp/stream-core'
import { defineThread, runInThreads, type ThreadedJob } from '@rtp/stream-core/threads'
import type { Settings } from '../cli/settings.ts'
import { telemetry } from '../pipeline.ts'
import { programFile } from '../program-file.ts'
import { readingSerde } from '../readings/reading-serde.ts'
import { JOB_SCHEMA } from '../tables/schema.ts'
import { telemetrySinks } from '../tables/sinks.ts'
import { databaseOf } from './database.ts'
import { connectionOf } from './topics.ts'

/** The job as this process sees it, whether it runs here or in worker threads. */
export type TelemetryJob = Job | ThreadedJob

/** Starts the job. `until` 'end': it ends where the topic ends now. */
export function startTelemetryJob(settings: Settings, until: 'end' | undefined, logger: Logger): TelemetryJob {
  const { threads } = settings.config
  if (threads === 1) return startHere(settings, until, logger)
  const data: ThreadData = { settings, until }
  return runInThreads(pathToFileURL(programFile()), { threads, data, restart: RESTART, logger })
}

interface ThreadData {
  readonly settings: Settings
  readonly until: 'end' | undefined
}

/** What a worker thread does that has loaded the program: the same job, which shares the topic with those of the other threads. */
export const thread = defineThread<ThreadData>(({ data: { settings, until }, logger }) =>
  startHere(settings, until, logger),
)

/** Starts the job in this very thread. */
export function startHere(settings: Settings, until: 'end' | undefined, logger: Logger): Job {
  const { config } = settings
  const { topic, checkpoint } = config
  const db = databaseOf(settings)
  const source = kafkaSource({
    ...connectionOf(settings),
    topic,
    value: readingSerde(config),
    sessionTimeoutMs: config.group.sessionTimeoutMs,
    fetchBytes: config.consumer.fetchKb * 1024,
    ...(until === undefined ? {} : { until }),
  })
  return run(telemetry(source, telemetrySinks(db, topic), config), {
    store: db.checkpoints({ schema: JOB_SCHEMA }),
    checkpoint,
    restart: RESTART,
    logger,
  })
}

const RESTART = { attempts: 20 }
