import type { JobMetrics, JobResult } from '@rtp/stream-core'
import type { StageListener } from './stage-listener.ts'
import type { TelemetryJob } from './telemetry-job.ts'

/** How far a job is, by its metrics. */
export type ReadProgress = (metrics: JobMetrics) => { readonly rows: number; readonly share: number | undefined }

/** Waits for the end of a job, tells how far it is, and stops it when the stage is to finish. */
export async function followJob(
  job: TelemetryJob,
  { stopping, onReady, onProgress }: Pick<StageListener, 'stopping' | 'onReady' | 'onProgress'>,
  read: ReadProgress,
): Promise<JobResult> {
  let isReady = false
  const timer = setInterval(() => {
    if (!isReady && job.state === 'running') {
      isReady = true
      onReady()
    }
    const { rows, share } = read(job.metrics())
    onProgress(rows, share)
  }, POLL_MS)
  const stop = () => void job.stop().catch(() => undefined)
  stopping.addEventListener('abort', stop, { once: true })
  if (stopping.aborted) stop()
  try {
    return await job.done
  } finally {
    stopping.removeEventListener('abort', stop)
    clearInterval(timer)
  }
}

/** Records of a sink that are committed. */
export function committedBy(metrics: JobMetrics, sink: string): number {
  return metrics.sinks.find(found => found.sink === sink)?.committed ?? 0
}

/** Records that were handed to a sink. */
export function takenBy(metrics: JobMetrics, sink: string): number {
  return metrics.sinks.find(found => found.sink === sink)?.records ?? 0
}

const POLL_MS = 100
