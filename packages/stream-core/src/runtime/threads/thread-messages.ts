import type { JobMetrics } from '../../metrics/job-metrics.ts'
import type { LogFields, Logger } from '../../metrics/logger.ts'
import type { PlanDescription } from '../../plan/describe-plan.ts'
import type { ThrownData } from './thrown.ts'

/** What a thread is started with. */
export interface ThreadStart {
  /** Address of the job's module. */
  readonly module: string
  readonly index: number
  readonly threads: number
  readonly data: unknown
}

/** What the main thread tells a thread. */
export type ThreadCommand = 'stop' | 'cancel' | 'checkpoint'

/** What a thread tells the main thread. 'ended', 'failed' and 'invalid' are its last words. */
export type ThreadMessage =
  | { readonly type: 'started'; readonly plan: PlanDescription }
  | { readonly type: 'progress'; readonly progress: ThreadProgress }
  | {
      readonly type: 'log'
      readonly level: keyof Logger
      readonly message: string
      readonly fields: LogFields | undefined
    }
  /** The job's `done` has resolved, or it was stopped before there was a job. */
  | { readonly type: 'ended'; readonly state: 'finished' | 'stopped'; readonly progress: ThreadProgress | undefined }
  | { readonly type: 'failed'; readonly error: ThrownData; readonly progress: ThreadProgress | undefined }
  /** The module could not be loaded, or exports no thread. */
  | { readonly type: 'invalid'; readonly what: string; readonly stack: string | undefined }

/** How far the job of one thread is. */
export interface ThreadProgress {
  readonly metrics: JobMetrics
  /** Tasks of the whole job, over all threads and processes; undefined until it is known. */
  readonly taskCount: number | undefined
  /** What made the job fail, or start again the last time. */
  readonly failure: ThrownData | undefined
}

/** The thread's end of the channel to the main thread. */
export interface ThreadPort {
  postMessage(message: ThreadMessage): void
  on(event: 'message', listener: (command: ThreadCommand) => void): unknown
  unref(): void
  close(): void
}
