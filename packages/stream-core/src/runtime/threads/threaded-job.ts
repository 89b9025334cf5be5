import { StreamError } from '../../errors.ts'
import type { JobMetrics, JobState } from '../../metrics/job-metrics.ts'
import type { Logger } from '../../metrics/logger.ts'
import type { PlanDescription } from '../../plan/describe-plan.ts'
import type { Guarantee } from '../../plan/physical-plan.ts'
import type { JobResult } from '../job.ts'
import type { RestartPolicy } from '../restart-policy.ts'
import { MergedMetrics } from './merged-metrics.ts'
import { Thread, type WorkerSettings } from './thread.ts'

export interface ThreadedJobOptions {
  readonly module: URL
  readonly threads: number
  readonly data: unknown
  readonly worker: WorkerSettings
  readonly restart: RestartPolicy
  readonly logger: Logger
}

/** One thread, as seen from outside. */
export interface ThreadStatus {
  readonly index: number
  readonly state: JobState
  /** How often it was started again after it had died. */
  readonly restarts: number
  /** Why it failed, or was started again the last time; undefined while nothing has happened. */
  readonly failure: unknown
}

/**
 * A job that runs in worker threads, seen as one. What its threads have told is at most a moment old: they report ten times a second, and when they
 * end.
 */
export class ThreadedJob {
  /** Resolves when all threads have ended and everything is committed; rejects with what made one fail for good. */
  readonly done: Promise<JobResult>
  readonly #options: ThreadedJobOptions
  readonly #threads: readonly Thread[]
  readonly #metrics = new MergedMetrics()
  readonly #startedAt = Date.now()
  #plan: PlanDescription | undefined
  #failure: unknown
  #taskCount: number | undefined
  #isStopping = false
  #end: 'finished' | 'stopped' | 'failed' | undefined

  constructor(options: ThreadedJobOptions) {
    this.#options = options
    const { module, threads, data, worker, restart, logger } = options
    this.#threads = Array.from(
      { length: threads },
      (_, index) =>
        new Thread({
          start: { module: module.href, index, threads, data },
          worker,
          restart,
          metrics: this.#metrics,
          logger,
          onStarted: plan => {
            this.#plan = plan
          },
          onTaskCount: tasks => this.#noteTasks(tasks),
        }),
    )
    this.done = this.#run()
  }

  /** The job's name; that of the module until a thread has started it. */
  get name(): string {
    return this.#plan?.job ?? this.#options.module.pathname.split('/').at(-1)!
  }

  get state(): JobState {
    if (this.#end !== undefined) return this.#end
    if (this.#isStopping || this.#failure !== undefined) return 'stopping'
    const states = new Set(this.#threads.map(({ state }) => state))
    if (states.has('restarting')) return 'restarting'
    return states.has('starting') ? 'starting' : 'running'
  }

  /** What the job guarantees; undefined until a thread has started it. */
  get guarantee(): Guarantee | undefined {
    return this.#plan?.guarantee
  }

  /** What made the job fail. Of threads that were started again: see `threads`. */
  get failure(): unknown {
    return this.#failure
  }

  get threads(): readonly ThreadStatus[] {
    return this.#threads.map(({ index, state, restarts, failure }) => ({ index, state, restarts, failure }))
  }

  /** What runs in each thread; PLAN_UNKNOWN until a thread has started it. */
  plan(): PlanDescription {
    if (this.#plan !== undefined) return this.#plan
    throw new StreamError('PLAN_UNKNOWN', `no thread has started the job of ${this.name} yet. Ask again in a moment.`)
  }

  /** Counters of all threads added up, those that have died included; the present by whoever owns a partition or task. */
  metrics(): JobMetrics {
    const restarts = this.#threads.reduce((sum, thread) => sum + thread.restarts, 0)
    const failures = this.#threads.map(thread => thread.failures)
    const { name: job, state } = this
    return this.#metrics.of({ job, state, startedAt: this.#startedAt, restarts, failures })
  }

  /** Stops reading in all threads, processes and commits what was read, and ends. A later run goes on from there. */
  async stop(): Promise<JobResult> {
    this.#isStopping = true
    this.#tell('stop')
    return this.done
  }

  /** Ends at once: what is not committed is given up, as after a crash. Does not throw. */
  async cancel(): Promise<void> {
    this.#isStopping = true
    this.#tell('cancel')
    await this.done.catch(() => {})
  }

  /** Takes a checkpoint in every thread as soon as possible. */
  requestCheckpoint(): void {
    this.#tell('checkpoint')
  }

  #tell(command: 'stop' | 'cancel' | 'checkpoint'): void {
    for (const thread of this.#threads) thread.tell(command)
  }

  async #run(): Promise<JobResult> {
    try {
      const ends = await Promise.all(this.#threads.map(({ done }) => done))
      this.#end = this.#isStopping || ends.includes('stopped') ? 'stopped' : 'finished'
    } catch (error) {
      this.#failure = error
      // As in one process: what makes a part fail for good ends the whole. Those that are draining already may do so.
      if (!this.#isStopping) this.#tell('cancel')
      await Promise.allSettled(this.#threads.map(({ done }) => done))
      this.#end = 'failed'
      throw error
    }
    return { state: this.#end, metrics: this.metrics() }
  }

  #noteTasks(tasks: number): void {
    if (this.#taskCount !== undefined) return
    this.#taskCount = tasks
    const { threads, logger } = this.#options
    if (threads <= tasks) return
    logger.warn('there are more threads than tasks, so some have nothing to do: start fewer, or add partitions', {
      job: this.name,
      threads,
      tasks,
    })
  }
}

/** Throws THREADS_INVALID. */
export function checkThreads(threads: number): void {
  if (Number.isSafeInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return
  throw new StreamError('THREADS_INVALID', `threads is a whole number from 1 to ${MOST_THREADS}; got ${threads}.`)
}

const MOST_THREADS = 1_024
