import {
  type Checkpoint,
  type CheckpointStore,
  type RestoredTask,
  type SealedOutput,
  StreamError,
} from '@rtp/stream-core/extend'
import type { SimulatedDatabase, SimulatedRow } from './simulated-database.ts'
import { CONNECTION_LOST, type SimulatedProcess } from './simulated-process.ts'

/** What a sink's `join` is handed. */
export interface SimulatedTransaction {
  readonly rows: SimulatedRow[]
}

/** The checkpoint store of a process: repeats what is harmless, and finds out by reading what became of a commit whose answer was lost. */
export function simulatedStore(
  process: SimulatedProcess,
  database: SimulatedDatabase,
  onProblem: (problem: string) => void,
): CheckpointStore {
  let isCommitting = false

  async function commit(checkpoint: Checkpoint, outputs: readonly SealedOutput[]): Promise<void> {
    // Whoever sends bytes has them encoded by then; the engine may write over its own.
    const sent = { ...checkpoint, tasks: checkpoint.tasks.map(task => ({ ...task, snapshot: task.snapshot.slice() })) }
    const transaction: SimulatedTransaction = { rows: [] }
    for (const output of outputs) await output.join!(transaction)
    try {
      await process.call<void>('db.commit', reply => database.commit(process, sent, transaction.rows, reply))
    } catch (error) {
      if (!isConnectionLost(error)) throw error
      const outcome = await retried(process, () =>
        process.call<'committed' | 'nothing' | 'taken over'>('db.outcome', reply =>
          database.outcome(process, sent, reply),
        ),
      )
      if (outcome === 'committed') return
      throw error
    }
  }

  return {
    name: 'simulated checkpoints',
    durable: true,
    scope: database.scope,
    open: () => retried(process, () => process.call<void>('db.open', reply => reply.ok(undefined))),
    acquire: tasks =>
      retried(process, () =>
        process.call<readonly RestoredTask[]>('db.acquire', reply => database.acquire(process, tasks, reply)),
      ),
    async commit(checkpoint, outputs) {
      if (isCommitting) onProblem(`${process.name} has two commits under way`)
      isCommitting = true
      try {
        await commit(checkpoint, outputs)
      } finally {
        isCommitting = false
      }
    },
    async close() {},
  }
}

async function retried<R>(process: SimulatedProcess, work: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isConnectionLost(error) || attempt === ATTEMPTS) throw error
      await process.sleep(RETRY_DELAY_MS)
    }
  }
}

const ATTEMPTS = 3
const RETRY_DELAY_MS = 50

function isConnectionLost(error: unknown): boolean {
  return error instanceof StreamError && error.code === CONNECTION_LOST
}
