import { Worker } from 'node:worker_threads'
import { announceDeadThreads } from '../../checkpoint/file/dead-threads.ts'
import { messageOf, StreamError } from '../../errors.ts'
import type { FailureMetrics, JobState } from '../../metrics/job-metrics.ts'
import type { Logger } from '../../metrics/logger.ts'
import type { PlanDescription } from '../../plan/describe-plan.ts'
import { FailureHistory } from '../failure-history.ts'
import { type RestartPolicy, restartDelayMs } from '../restart-policy.ts'
import type { MergedMetrics } from './merged-metrics.ts'
import type { ThreadCommand, ThreadMessage, ThreadProgress, ThreadStart } from './thread-messages.ts'
import { fromThrown } from './thrown.ts'
import { WORKER_ENTRY } from './worker-entry.ts'

export interface ThreadOptions {
  readonly start: ThreadStart
  readonly worker: WorkerSettings
  readonly restart: RestartPolicy
  readonly metrics: MergedMetrics
  readonly logger: Logger
  readonly onStarted: (plan: PlanDescription) => void
  readonly onTaskCount: (tasks: number) => void
}

/** What Node starts the workers with. */
export interface WorkerSettings {
  /** Options of Node for the threads, e.g. `['--import', './register.js']`. Default: those of this process. */
  readonly execArgv?: readonly string[]
  /** Bounds of each thread's memory, MB. Default: Node's own. */
  readonly resourceLimits?: { readonly maxOldGenerationSizeMb?: number; readonly maxYoungGenerationSizeMb?: number }
}

/** How a life of a thread ended. */
type End =
  | { readonly how: 'ended'; readonly state: 'finished' | 'stopped' }
  /** `isOfJob`: the job has failed, and told so; it has its own policy, and has given up. */
  | { readonly how: 'failed'; readonly error: Error; readonly isOfJob: boolean }

/** One thread of a job: a worker, and the next one when that has died. */
export class Thread {
  /** Resolves when its job has ended; rejects with what made it fail for good. */
  readonly done: Promise<'finished' | 'stopped'>
  readonly index: number
  readonly #options: ThreadOptions
  #state: JobState = 'starting'
  readonly #failures = new FailureHistory()
  #failure: unknown
  #restarts = 0
  /** Ids that its former lives had in this process. */
  readonly #deadIds: number[] = []
  #worker: Worker | undefined
  #asked: 'stop' | 'cancel' | undefined
  #wakeUp: () => void = () => {}

  constructor(options: ThreadOptions) {
    this.#options = options
    this.index = options.start.index
    this.done = this.#run()
    // The group waits for all of its threads; until it comes to this one, its failure must not count as unhandled.
    this.done.catch(() => {})
  }

  get state(): JobState {
    return this.#state
  }

  /** Why it failed, or was started again the last time; of its job, why that started again. */
  get failure(): unknown {
    return this.#failure
  }

  /** How often it was started again after it had died. */
  get restarts(): number {
    return this.#restarts
  }

  /** What it failed of besides its job, which counts its own failures. */
  get failures(): FailureMetrics {
    return this.#failures.metrics()
  }

  tell(command: ThreadCommand): void {
    if (command !== 'checkpoint' && this.#asked !== 'cancel') this.#asked = command
    if (command === 'stop' && this.#state !== 'finished' && this.#state !== 'failed') this.#state = 'stopping'
    this.#worker?.postMessage(command)
    if (command === 'cancel' && this.#worker !== undefined) terminateLater(this.#worker, CANCEL_WITHIN_MS)
    if (command !== 'checkpoint') this.#wakeUp()
  }

  async #run(): Promise<'finished' | 'stopped'> {
    const { metrics, restart, logger, start } = this.#options
    for (let failures = 0, life = 0; ; life++) {
      if (this.#asked === 'cancel') throw this.#failed(cancelled(start))
      if (this.#asked === 'stop') return (this.#state = 'stopped')
      const name = `${start.index}/${life}`
      const end = await this.#live(name)
      if (end.how === 'ended') return (this.#state = end.state)
      if (metrics.checkpointsOf(name) > 0) failures = 0
      metrics.end(name)
      const delayMs =
        end.isOfJob || this.#asked !== undefined
          ? undefined
          : restartDelayMs(restart, failures, end.error, Math.random())
      if (!end.isOfJob) this.#failures.add(end.error, Date.now(), delayMs)
      if (delayMs === undefined) throw this.#failed(end.error)
      failures++
      this.#restarts++
      this.#failure = end.error
      this.#state = 'restarting'
      logger.warn('a thread has died and is started again; its tasks go on from their last checkpoint', {
        thread: start.index,
        error: messageOf(end.error),
        attempt: failures,
        delayMs,
      })
      await this.#sleep(delayMs)
    }
  }

  /** From the start of a worker until nothing of it is left. */
  async #live(life: string): Promise<End> {
    const { start, worker: settings } = this.#options
    let worker: Worker
    try {
      announceDeadThreads(this.#deadIds)
      const { execArgv, resourceLimits } = settings
      worker = new Worker(WORKER_ENTRY, {
        name: `thread ${start.index}`,
        workerData: start,
        ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
        ...(resourceLimits === undefined ? {} : { resourceLimits }),
      })
    } catch (cause) {
      return { how: 'failed', error: notStarted(start, cause), isOfJob: false }
    }
    this.#worker = worker
    const { threadId } = worker
    let end: End | undefined
    let uncaught: { readonly error: unknown } | undefined
    let isStarted = false
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'started') isStarted = true
      end = this.#hear(message, life, isStarted) ?? end
      // Whatever it has left open may not keep it, and this process, for ever.
      if (end !== undefined) terminateLater(worker, END_WITHIN_MS)
    })
    worker.on('error', error => {
      uncaught = { error }
    })
    if (this.#asked === 'cancel') terminateLater(worker, CANCEL_WITHIN_MS)
    const exitCode = await new Promise<number>(resolve => worker.once('exit', resolve))
    this.#worker = undefined
    this.#deadIds.push(threadId)
    if (end !== undefined) {
      if (uncaught !== undefined) {
        this.#options.logger.warn('an error was thrown in a thread after its job had ended', {
          thread: start.index,
          error: messageOf(uncaught.error),
        })
      }
      return end
    }
    if (this.#asked === 'cancel') return { how: 'failed', error: cancelled(start), isOfJob: false }
    return { how: 'failed', error: died(start, uncaught, exitCode), isOfJob: false }
  }

  /** What the thread says; its last words are how it ends. */
  #hear(message: ThreadMessage, life: string, isStarted: boolean): End | undefined {
    const { start, logger, onStarted } = this.#options
    switch (message.type) {
      case 'started':
        onStarted(message.plan)
        return undefined
      case 'progress':
        this.#note(message.progress, life)
        return undefined
      case 'log':
        logger[message.level](message.message, { ...message.fields, thread: start.index })
        return undefined
      case 'ended':
        this.#note(message.progress, life)
        return { how: 'ended', state: message.state }
      case 'failed': {
        this.#note(message.progress, life)
        const error = fromThrown(message.error, start.index)
        return { how: 'failed', error, isOfJob: isStarted }
      }
      case 'invalid': {
        const error = new StreamError(
          'THREAD_MODULE_INVALID',
          `${start.module} ${message.what}. A thread's module is loaded by its address and says \`export const thread = defineThread(...)\`.`,
          { place: { thread: start.index } },
        )
        if (message.stack !== undefined) error.stack = message.stack
        return { how: 'failed', error, isOfJob: false }
      }
    }
  }

  #note(progress: ThreadProgress | undefined, life: string): void {
    if (progress === undefined) return
    const { metrics, taskCount, failure } = progress
    this.#options.metrics.report(life, metrics)
    if (taskCount !== undefined) this.#options.onTaskCount(taskCount)
    if (failure !== undefined) this.#failure = fromThrown(failure, this.index)
    if (this.#asked === undefined) this.#state = metrics.state
  }

  #failed(error: Error): Error {
    this.#failure = error
    this.#state = 'failed'
    return error
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, delayMs)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#asked !== undefined) this.#wakeUp()
    })
  }
}

function terminateLater(worker: Worker, withinMs: number): void {
  const timer = setTimeout(() => void worker.terminate(), withinMs)
  worker.once('exit', () => clearTimeout(timer))
}

function died(start: ThreadStart, uncaught: { readonly error: unknown } | undefined, exitCode: number): StreamError {
  const how =
    uncaught === undefined
      ? `exited with code ${exitCode} while its job ran: something called process.exit(), or nothing was left that could wake it`
      : `died of an error that nobody caught: ${messageOf(uncaught.error)}`
  return new StreamError('THREAD_DIED', `thread ${start.index} of ${start.threads} ${how}.`, {
    cause: uncaught?.error,
    retryable: true,
    place: { thread: start.index },
  })
}

function notStarted(start: ThreadStart, cause: unknown): StreamError {
  return new StreamError(
    'THREADS_INVALID',
    `thread ${start.index} could not be started: ${messageOf(cause)}. \`data\` must be what structuredClone() can copy, and execArgv what a worker takes.`,
    { cause, place: { thread: start.index } },
  )
}

function cancelled({ index, threads }: ThreadStart): StreamError {
  return new StreamError('ABORTED', `thread ${index} of ${threads} was cancelled.`, { place: { thread: index } })
}

/** How long a job that is cancelled has to leave its group and close its connections; one whose thread is in an endless loop never does. */
const CANCEL_WITHIN_MS = 2_000
/** How long a thread may take to close what it has open besides its job. */
const END_WITHIN_MS = 2_000
