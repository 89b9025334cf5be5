import { StreamError } from '../errors.ts'
import type { CheckpointStore, StoreContext } from './checkpoint-store.ts'
import { MemoryJob, memoryArchive } from './memory-archive.ts'
import { checkKeep } from './retention.ts'
import { advanceTask, NEW_TASK, restoredTask } from './stored-task.ts'

export interface MemoryStoreOptions {
  /** Checkpoints that stay restorable, at least 1. Default 1: they cost memory. */
  readonly keep?: number
}

/**
 * Keeps checkpoints in memory: they last as long as the store object, so a job restarted on the same object goes on where it was, and one
 * restarted in a new process begins anew. It takes every guarantee of a durable store but that one: commits are atomic and fenced. Bytes
 * handed to `commit` are kept as they are, not copied.
 */
export function memoryCheckpointStore({ keep = 1 }: MemoryStoreOptions = {}): CheckpointStore {
  checkKeep(keep)
  const jobs = new Map<string, MemoryJob>()
  let opened: StoreContext | undefined
  let openings = 0

  function jobOf(name: string): MemoryJob {
    let job = jobs.get(name)
    if (job === undefined) jobs.set(name, (job = new MemoryJob(keep, Date.now)))
    return job
  }

  function openedJob(job: string): MemoryJob {
    if (opened === undefined || opened.job !== job) throw notOpened(job)
    return jobOf(job)
  }

  return {
    name: 'memory checkpoints',
    durable: false,
    archive: memoryArchive(jobOf),

    async open(context) {
      if (opened !== undefined && opened.job !== context.job) {
        throw new StreamError(
          'CHECKPOINT_LOCKED',
          `this memory checkpoint store is in use by job ${opened.job}; job ${context.job} needs a store of its own.`,
        )
      }
      opened = context
      openings++
    },

    async acquire(names) {
      const { tasks } = openedJob(opened?.job ?? '')
      return names.map(name => {
        const stored = tasks.get(name) ?? NEW_TASK
        const taken = { ...stored, epoch: stored.epoch + 1 }
        tasks.set(name, taken)
        return restoredTask(name, taken, taken.snapshots)
      })
    },

    async commit(checkpoint, outputs) {
      if (outputs.length > 0) throw outputsWithoutScope(this.name)
      const job = openedJob(checkpoint.job)
      const { tasks } = job
      // Every task is checked before the first is replaced, so that a refused checkpoint changes nothing.
      const advanced = checkpoint.tasks.map(
        next => [next.task, advanceTask(tasks.get(next.task), next, next.snapshot)] as const,
      )
      for (const [name, stored] of advanced) tasks.set(name, stored)
      job.keep()
    },

    async close() {
      openings = Math.max(0, openings - 1)
      if (openings === 0) opened = undefined
    },
  }
}

/** A store without a scope has no transaction that outputs could join: handing it some is a bug of the caller. */
export function outputsWithoutScope(store: string): StreamError {
  return new StreamError(
    'CHECKPOINT_FAILED',
    `${store} has no transaction for outputs to join. Flush the sinks before the commit.`,
  )
}

function notOpened(job: string): StreamError {
  return new StreamError(
    'CHECKPOINT_FAILED',
    `the memory checkpoint store is not open for job "${job}". Open it first.`,
  )
}
