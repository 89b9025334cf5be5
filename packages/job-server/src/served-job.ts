import type { JobMetrics, PlanDescription } from '@rtp/stream-core'

/** What a server needs to know of a job; every `Job` of `run()` is one. */
export interface ServedJob {
  readonly name: string
  /** Settles when the job has ended. */
  readonly done: Promise<unknown>
  metrics(): JobMetrics
  /** What runs, and which guarantee results. */
  plan(): PlanDescription
}
