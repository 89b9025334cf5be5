import { availableParallelism } from 'node:os'
import { type Logger, silentLogger } from '../../metrics/logger.ts'
import { cancelWith } from '../cancel-with.ts'
import type { RestartPolicy } from '../restart-policy.ts'
import type { WorkerSettings } from './thread.ts'
import { checkThreads, ThreadedJob } from './threaded-job.ts'

export interface ThreadsOptions extends WorkerSettings {
  /** Default: the cores that this process may use. More than the job has tasks is of no use. */
  readonly threads?: number
  /** Given to every thread, as `structuredClone` copies it: settings, not connections or functions. */
  readonly data?: unknown
  /**
   * What becomes of a thread that dies of an uncaught error, a lack of memory or `process.exit()`, or whose start fails with something that may pass.
   * Failures in a row are those without a checkpoint of the thread between them. What fails within the job goes by the policy that the job has
   * itself.
   */
  readonly restart?: RestartPolicy
  readonly logger?: Logger
  /** Aborting it cancels the job in all threads. For a graceful end call `job.stop()`. */
  readonly signal?: AbortSignal
}

/**
 * Runs a job on several cores of one process. Each worker thread loads `module`, whose export `thread` `defineThread` has made, and is to the job what
 * a process is: it has its own connections, joins the consumer group or reads its own list of partitions, and owns tasks that the store fences.
 *
 *     const job = runInThreads(new URL('./job.js', import.meta.url), { threads: 2 })
 *     process.once('SIGTERM', () => void job.stop())
 *     await job.done
 *
 * A thread that fails for good ends the whole: the others are cancelled, and `done` rejects with its error, whose place names the thread. One that dies is
 * started again. Errors: THREADS_INVALID here; from `done`, besides those of the job, JOB_NOT_SHAREABLE, THREAD_DIED and THREAD_MODULE_INVALID.
 */
export function runInThreads(module: URL, options: ThreadsOptions = {}): ThreadedJob {
  const { threads = availableParallelism(), data, restart = {}, logger = silentLogger, signal, ...worker } = options
  checkThreads(threads)
  const job = new ThreadedJob({ module, threads, data, worker, restart, logger })
  cancelWith(signal, job)
  return job
}
