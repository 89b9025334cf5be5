import { describeTopic, topicOffsets } from '@rtp/kafka'
import { type JobMetrics, StreamError } from '@rtp/stream-core'
import type { Settings } from '../cli/settings.ts'
import { type JobResult, usageSince } from '../output/stage-results.ts'
import { migrateTables } from '../tables/schema.ts'
import { Dashboard } from './dashboard.ts'
import { databaseOf, waitForDatabase } from './database.ts'
import { committedBy, followJob, takenBy } from './follow-job.ts'
import type { StageListener } from './stage-listener.ts'
import { startTelemetryJob, type TelemetryJob } from './telemetry-job.ts'
import { connectionOf, prepareTopic, waitOptions, warnOfRetention } from './topics.ts'
import { waitForOthers } from './unread-partitions.ts'

export interface JobListener extends StageListener {
  /** Aborted when the topic holds everything: the job then reads to its end and finishes. */
  readonly inputComplete?: AbortSignal
}

/** Topic -> tables, until it is stopped, or up to the end of the topic. Goes on where its last checkpoint ended. */
export async function runJob(settings: Settings, listener: JobListener): Promise<JobResult> {
  const startedAt = performance.now()
  const totals = new Totals()
  try {
    await prepare(settings, listener)
  } catch (cause) {
    // Nothing was begun, so there is nothing to finish.
    if (listener.stopping.aborted) return { ...totals.result, ...usageSince(startedAt) }
    throw cause
  }
  const dashboard = new Dashboard(settings, listener)
  const inputComplete = settings.untilEnd ? AbortSignal.abort() : listener.inputComplete
  try {
    if (inputComplete?.aborted !== true) await follow(settings, listener, inputComplete, totals, dashboard)
    if (inputComplete?.aborted === true && !listener.stopping.aborted) {
      await readToEnd(settings, listener, totals, dashboard)
    }
  } finally {
    await dashboard.close()
  }
  return { ...totals.result, ...usageSince(startedAt) }
}

/** Waits for both servers and makes what is missing: tables, and the topic where the job is to wait for readings. */
async function prepare(settings: Settings, { logger, stopping }: JobListener): Promise<void> {
  const db = databaseOf(settings)
  await waitForDatabase(db, settings, { stopping, say: line => logger.warn(line) })
  await migrateTables(db)
  if (!settings.untilEnd) {
    await prepareTopic(settings, logger, stopping)
    return
  }
  const { topic } = settings.config
  const description = await describeTopic(connectionOf(settings), topic, waitOptions(settings, logger, stopping))
  if (description === undefined) {
    throw new StreamError(
      'TOPIC_MISSING',
      `there is no topic ${topic}, so it has no end to read to. Run \`produce\` first, or name another --topic.`,
    )
  }
  warnOfRetention(description, logger)
}

/** Reads on until it is stopped or the input is complete. */
async function follow(
  settings: Settings,
  listener: JobListener,
  inputComplete: AbortSignal | undefined,
  totals: Totals,
  dashboard: Dashboard,
): Promise<void> {
  const job = await start(settings, listener, undefined, dashboard)
  const stop = () => void job.stop().catch(() => undefined)
  inputComplete?.addEventListener('abort', stop, { once: true })
  if (inputComplete?.aborted === true) stop()
  totals.add(job, await followJob(job, listener, metrics => totals.progress(metrics)))
}

/** Reads what the topic holds now, from where the last checkpoint ended, and closes the windows that are open then. */
async function readToEnd(
  settings: Settings,
  listener: JobListener,
  totals: Totals,
  dashboard: Dashboard,
): Promise<void> {
  const { logger, stopping, say } = listener
  const offsets = await topicOffsets(
    connectionOf(settings),
    settings.config.topic,
    waitOptions(settings, logger, stopping),
  )
  let unread: readonly number[] = offsets.latest.map((_, partition) => partition)
  // A job reads the partitions that its group gives it; those of others have to get to their end, too, before the topic is read.
  while (unread.length > 0 && !stopping.aborted) {
    const job = await start(settings, listener, 'end', dashboard)
    const result = await followJob(job, listener, metrics => totals.progress(metrics))
    totals.add(job, result)
    const read = new Set(result.metrics.sources.map(({ index }) => index))
    const left = unread.filter(partition => !read.has(partition))
    unread = left.length === 0 ? left : await waitForOthers(settings, job.name, left, offsets, { stopping, say })
  }
}

async function start(
  settings: Settings,
  { logger }: JobListener,
  until: 'end' | undefined,
  dashboard: Dashboard,
): Promise<TelemetryJob> {
  const job = startTelemetryJob(settings, until, logger)
  try {
    await dashboard.serve(job)
  } catch (cause) {
    await job.cancel()
    throw cause
  }
  return job
}

/** What the job did in this process, over the runs that it takes. */
class Totals {
  #result: Omit<JobResult, 'seconds' | 'cpuSeconds' | 'peakRssMb'> = {
    consumed: 0,
    rawRows: 0,
    aggregatesWritten: 0,
    deadLettered: 0,
    lateRecords: 0,
    checkpoints: 0,
    restarts: 0,
    lastFailure: undefined,
    guarantee: 'none',
  }

  get result() {
    return this.#result
  }

  add(job: TelemetryJob, { metrics }: { readonly metrics: JobMetrics }): void {
    const rawRows = committedBy(metrics, 'raw-events')
    const deadLettered = committedBy(metrics, 'dead-letters')
    const before = this.#result
    this.#result = {
      consumed: before.consumed + rawRows + deadLettered,
      rawRows: before.rawRows + rawRows,
      aggregatesWritten: before.aggregatesWritten + committedBy(metrics, 'minutes'),
      deadLettered: before.deadLettered + deadLettered,
      lateRecords: before.lateRecords + committedBy(metrics, 'late-records'),
      checkpoints: before.checkpoints + metrics.checkpoints.completed,
      restarts: before.restarts + metrics.restarts,
      lastFailure: metrics.failures.last.at(-1) ?? before.lastFailure,
      guarantee: job.guarantee?.level ?? before.guarantee,
    }
  }

  /** Messages so far, and their share of what the topic holds now. */
  progress(metrics: JobMetrics): { readonly rows: number; readonly share: number | undefined } {
    const rows = this.#result.consumed + takenBy(metrics, 'raw-events') + takenBy(metrics, 'dead-letters')
    let lag = 0
    for (const partition of metrics.sources) {
      if (partition.lag === undefined) return { rows, share: undefined }
      lag += partition.lag
    }
    return { rows, share: rows === 0 ? undefined : rows / (rows + lag) }
  }
}
