import type { Position } from '../connectors/source.ts'
import type { TaskLayout } from './checkpoint-store.ts'

/**
 * The kept checkpoints of the jobs in a store, for tools: read without owning any task, and put back. Needs no `open`.
 *
 * Putting back is itself a checkpoint, one more with the content of an old one: later ones stay restorable until retention takes them. It raises
 * every epoch, so that a process that runs the job meanwhile is fenced at its next commit; a store that one process owns refuses instead
 * (CHECKPOINT_LOCKED).
 */
export interface CheckpointArchive {
  /** What can be restored, latest first; empty for a job that the store does not know. */
  list(job: string): Promise<readonly KeptCheckpoint[]>
  /** One of them, the latest without a number. Throws CHECKPOINT_UNKNOWN when it is not kept. */
  read(job: string, number?: number): Promise<SavedCheckpoint>
  /**
   * Makes the job go on from these tasks; its other tasks are emptied. Throws CHECKPOINT_EXISTS when the job has state and `replace` is not set. Returns
   * the number of the new checkpoint.
   */
  put(job: string, tasks: readonly SavedTask[], options?: PutOptions): Promise<number>
}

export interface PutOptions {
  /** Whether state that the job has may be replaced. Default false. */
  readonly replace?: boolean
}

/** State of all tasks of a job that they can be put back to. Tasks share nothing, so each stands at its last checkpoint up to that one. */
export interface KeptCheckpoint {
  /** Grows with every checkpoint; not without gaps. */
  readonly number: number
  /** Epoch ms, by the clock of whoever keeps it. */
  readonly committedAt: number
  readonly tasks: readonly KeptTask[]
}

export interface KeptTask {
  readonly task: string
  readonly epoch: number
  readonly sequence: number
  readonly positions: ReadonlyMap<string, Position>
  readonly layout: TaskLayout | undefined
  /** Of all snapshots that a restore needs. */
  readonly stateBytes: number
}

export interface SavedCheckpoint {
  readonly job: string
  readonly number: number
  readonly committedAt: number
  readonly tasks: readonly SavedTask[]
}

export interface SavedTask extends Omit<KeptTask, 'stateBytes'> {
  /** Those that a restore needs, oldest first. */
  readonly snapshots: readonly Uint8Array[]
}
