import type { JobFailure } from '@rtp/stream-core'

/** What a process used from its start to its end. */
export interface Usage {
  /** Wall clock from start to end of the work. */
  readonly seconds: number
  /** User and system time of the process. */
  readonly cpuSeconds: number
  readonly peakRssMb: number
}

/** What a producer did. */
export interface ProduceResult extends Usage {
  /** Rows of the CSV, bad ones included. */
  readonly rowsRead: number
  /** Messages that the brokers acknowledged. */
  readonly produced: number
  /** Rows on the dead topic. */
  readonly deadLettered: number
  /** False when it was stopped before the end of the CSV. */
  readonly complete: boolean
}

/** What a job did in this process. */
export interface JobResult extends Usage {
  /** Messages read from the topic, those included that were no readings. */
  readonly consumed: number
  /** Rows committed to raw_events. */
  readonly rawRows: number
  /** Rows committed to agg_1min; a minute that was written again counts again. */
  readonly aggregatesWritten: number
  readonly deadLettered: number
  readonly lateRecords: number
  readonly checkpoints: number
  readonly restarts: number
  /** The last error that the job restarted after; undefined when there was none. */
  readonly lastFailure: JobFailure | undefined
  readonly guarantee: string
}

/** The resources of this process until now. */
export function usageSince(startedAtMs: number): Usage {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return {
    seconds: (performance.now() - startedAtMs) / 1000,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakRssMb: maxRSS / 1024,
  }
}
