/** Jobs in worker threads: for Node, while the other entries run anywhere. */

export {
  defineThread,
  type StartThread,
  type ThreadContext,
  type ThreadDefinition,
} from './runtime/threads/define-thread.ts'
export { runInThreads, type ThreadsOptions } from './runtime/threads/run-in-threads.ts'
export type { ThreadedJob, ThreadStatus } from './runtime/threads/threaded-job.ts'
