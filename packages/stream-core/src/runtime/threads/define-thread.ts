import { StreamError } from '../../errors.ts'
import type { Logger } from '../../metrics/logger.ts'
import type { Job } from '../job.ts'
import type { ThreadCommand, ThreadPort, ThreadProgress, ThreadStart } from './thread-messages.ts'
import { toThrown } from './thrown.ts'

/** What a thread knows of itself when it starts its job. */
export interface ThreadContext<Data = undefined> {
  /** From 0 to `threads - 1`; a thread that is started again keeps its index. */
  readonly index: number
  /** Threads of this process. */
  readonly threads: number
  /** The `data` of `runInThreads`: a copy, as `structuredClone` makes it. */
  readonly data: Data
  /** Aborted when the job is to end, also before it has begun. The job itself is stopped without it. */
  readonly stopping: AbortSignal
  /** Speaks to the logger of `runInThreads`. */
  readonly logger: Logger
}

/** Starts the job of one thread: makes its own connections and returns what `run()` returned. */
export type StartThread<Data> = (context: ThreadContext<Data>) => Job | Promise<Job>

/** What a module exports as `thread` that `runInThreads` can load. */
export interface ThreadDefinition {
  /** Called by the thread's first lines; not for use elsewhere. */
  startThread(port: ThreadPort, start: ThreadStart): Promise<void>
}

/**
 * Declares a module to be the job of a worker thread: `export const thread = defineThread(({ index, threads }) => run(pipeline, { store }))`. Loading the
 * module starts nothing.
 */
export function defineThread<Data = undefined>(start: StartThread<Data>): ThreadDefinition {
  return { startThread: (port, given) => runThread(start, port, given) }
}

async function runThread<Data>(
  start: StartThread<Data>,
  port: ThreadPort,
  { index, threads, data }: ThreadStart,
): Promise<void> {
  const stopping = new AbortController()
  const commands = new Set<ThreadCommand>()
  let job: Job | undefined
  port.on('message', command => {
    commands.add(command)
    if (command !== 'checkpoint') stopping.abort(command)
    if (job !== undefined) obey(job, command)
  })
  // A job that nothing can wake any more ends its thread, and so is noticed, instead of waiting for ever.
  port.unref()
  let timer: NodeJS.Timeout | undefined
  try {
    job = await start({ index, threads, data: data as Data, stopping: stopping.signal, logger: loggerTo(port) })
    await checkSharing(job, threads)
    port.postMessage({ type: 'started', plan: job.plan() })
    for (const command of commands) obey(job, command)
    const running = job
    timer = setInterval(
      () => port.postMessage({ type: 'progress', progress: progressOf(running, index) }),
      PROGRESS_EVERY_MS,
    ).unref()
    const { state } = await job.done
    port.postMessage({ type: 'ended', state, progress: progressOf(job, index) })
  } catch (cause) {
    const progress = job === undefined ? undefined : progressOf(job, index)
    if (job === undefined && commands.has('stop')) port.postMessage({ type: 'ended', state: 'stopped', progress })
    else port.postMessage({ type: 'failed', error: toThrown(cause), progress })
  } finally {
    clearInterval(timer)
    port.close()
  }
}

function obey(job: Job, command: ThreadCommand): void {
  // How it ends is told by `done`.
  if (command === 'stop') job.stop().catch(() => {})
  else if (command === 'cancel') void job.cancel()
  else job.requestCheckpoint()
}

/** Threads that cannot share would take the one task from each other. */
async function checkSharing(job: Job, threads: number): Promise<void> {
  const { possible, reason } = job.plan().sharing
  if (threads === 1 || possible) return
  await job.cancel()
  throw new StreamError(
    'JOB_NOT_SHAREABLE',
    `job "${job.name}" is to run in ${threads} threads, but they cannot share it: ${reason}. Or run it with threads: 1.`,
  )
}

function progressOf(job: Job, thread: number): ThreadProgress {
  const { failures, ...metrics } = job.metrics()
  const last = failures.last.map(failed => ({ ...failed, place: { ...failed.place, thread } }))
  const failure = job.failure === undefined ? undefined : toThrown(job.failure)
  return { metrics: { ...metrics, failures: { ...failures, last } }, taskCount: job.taskCount, failure }
}

function loggerTo(port: ThreadPort): Logger {
  const say =
    (level: keyof Logger): Logger['info'] =>
    (message, fields) =>
      port.postMessage({ type: 'log', level, message, fields })
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
}

/** How old what the main thread knows may be. */
const PROGRESS_EVERY_MS = 100
