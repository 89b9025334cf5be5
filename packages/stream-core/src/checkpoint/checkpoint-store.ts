import type { SealedOutput, TransactionScope } from '../connectors/sink.ts'
import type { Position } from '../connectors/source.ts'
import type { CheckpointArchive } from './checkpoint-archive.ts'

/**
 * Where checkpoints live: the authority on positions and state. One `commit` is atomic: all of it or nothing.
 *
 * Fencing: `acquire` raises the epoch of every task that it takes over. A commit with an older epoch, or with a sequence that is not the
 * successor of the stored one, changes nothing and throws `FENCED`, so a paused process that wakes up can write nothing.
 */
export interface CheckpointStore {
  /** Name for explain() and errors, e.g. `postgres checkpoints`. */
  readonly name: string
  /** False for a store that forgets with the process. */
  readonly durable: boolean
  /** True when several processes can work on one job at the same time, each with a store of this kind. Default false. */
  readonly shareable?: boolean
  /** Sinks with the identical scope take part in this store's commits. */
  readonly scope?: TransactionScope | undefined
  /** Kept checkpoints, for tools; undefined for a store that keeps none but the last. */
  readonly archive?: CheckpointArchive | undefined
  open(context: StoreContext): Promise<void>
  /** Takes tasks over and returns what each restores from, in the order given. Unknown tasks are made, with `sequence` 0 and nothing in them. */
  acquire(tasks: readonly string[]): Promise<readonly RestoredTask[]>
  /** Commits one checkpoint. `outputs` join the store's transaction. When it resolves, it is durable; when it throws, nothing of it is there. */
  commit(checkpoint: Checkpoint, outputs: readonly SealedOutput[]): Promise<void>
  close(): Promise<void>
}

export interface StoreContext {
  readonly job: string
  readonly signal: AbortSignal
}

/** What a task goes on from. */
export interface RestoredTask {
  readonly task: string
  readonly epoch: number
  /** Number of the last committed checkpoint of this task, 0 before the first. */
  readonly sequence: number
  /** By `source/partition index`. */
  readonly positions: ReadonlyMap<string, Position>
  /** How the job was cut into tasks when it was stored; undefined before the first checkpoint. */
  readonly layout: TaskLayout | undefined
  /** The snapshots that the last checkpoint needs, its own the last; empty before the first checkpoint. */
  readonly snapshots: readonly Uint8Array[]
}

/** How partitions become tasks, and of what. State is only valid under the layout that it was made with. Kept as JSON. */
export interface TaskLayout {
  readonly mode: 'perPartition' | 'single'
  /** Partitions of each source by its node's name. */
  readonly partitions: { readonly [source: string]: number }
  /** What each source reads, by its node's name, where it can tell that from another thing of the same name: the id of a topic. */
  readonly contents?: { readonly [source: string]: string }
  /** Fingerprint of the pipeline's steps; absent in checkpoints of versions that kept none. */
  readonly pipeline?: string
}

/** One atomic step of a process: the progress of all its tasks that moved. */
export interface Checkpoint {
  readonly job: string
  readonly tasks: readonly TaskCheckpoint[]
}

export interface TaskCheckpoint {
  readonly task: string
  readonly epoch: number
  /** The stored sequence must be `sequence - 1`. */
  readonly sequence: number
  /** The complete positions of the task before this checkpoint; must equal the stored ones. */
  readonly previous: ReadonlyMap<string, Position>
  readonly positions: ReadonlyMap<string, Position>
  readonly layout: TaskLayout
  readonly snapshot: Uint8Array
  /** How many of the task's stored snapshots, counted from the latest, a restore needs besides this one; older ones may go. 0: it stands alone. */
  readonly needs: number
}
