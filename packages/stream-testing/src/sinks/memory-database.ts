import { memoryCheckpointStore } from '@rtp/stream-core'
import { type CheckpointStore, type SealedOutput, StreamError, type TransactionScope } from '@rtp/stream-core/extend'
import { MemorySink, type RecordingSink, type RecordingSinkOptions } from './recording-sink.ts'
import type { MemoryTransaction } from './recording-writer.ts'

export interface MemoryDatabaseOptions {
  /** Commits that fail, counted from 1 over the life of the database. */
  readonly failCommits?: readonly number[]
  /** What a failed commit leaves behind: 'nothing', or 'everything', as when only the answer is lost. Default 'nothing'. */
  readonly failedCommitLeaves?: 'nothing' | 'everything'
}

export interface MemoryDatabase {
  readonly scope: TransactionScope
  /** Commits checkpoints together with the output of this database's sinks. */
  readonly store: CheckpointStore
  /** A sink that takes part in the store's commits. */
  sink<T>(options?: RecordingSinkOptions<T>): RecordingSink<T>
  /** Runs `work` in a transaction of its own: what joins it becomes visible together, or not at all when `work` rejects. */
  transaction(work: (transaction: unknown) => Promise<void>): Promise<void>
}

/** A database in memory, shared by a checkpoint store and sinks, so that exactly-once can be tested without one. */
export function memoryDatabase(options: MemoryDatabaseOptions = {}): MemoryDatabase {
  const scope: TransactionScope = { name: 'memory database' }
  const checkpoints = memoryCheckpointStore()
  let commits = 0

  const store: CheckpointStore = {
    name: 'memory database checkpoints',
    durable: checkpoints.durable,
    scope,
    open: context => checkpoints.open(context),
    acquire: tasks => checkpoints.acquire(tasks),
    async commit(checkpoint, outputs) {
      const fails = options.failCommits?.includes(++commits) === true
      const show = await staged(async transaction => {
        for (const output of outputs) await joined(output, transaction)
      })
      if (!fails || options.failedCommitLeaves === 'everything') {
        await checkpoints.commit(checkpoint, [])
        show()
      }
      if (fails) throw new StreamError('CHECKPOINT_FAILED', `commit ${commits} fails as told.`, { retryable: true })
    },
    close: () => checkpoints.close(),
  }

  return {
    scope,
    store,
    sink: sinkOptions => new MemorySink(sinkOptions ?? {}, scope).sink,
    transaction: async work => (await staged(work))(),
  }
}

/** Collects what joins while `work` runs; the result makes all of it visible. */
async function staged(work: (transaction: MemoryTransaction) => Promise<void>): Promise<() => void> {
  const changes: (() => void)[] = []
  await work({ add: change => changes.push(change) })
  return () => {
    for (const change of changes) change()
  }
}

async function joined(output: SealedOutput, transaction: MemoryTransaction): Promise<void> {
  if (output.join === undefined) {
    throw new StreamError('SINK_MISUSED', 'an output that cannot join a transaction came to the commit.')
  }
  await output.join(transaction)
}
