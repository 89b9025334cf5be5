import type { Batch } from '../batch/batch.ts'
import type { Logger } from '../metrics/logger.ts'
import type { Clock } from '../time/clock.ts'

/** What a connector implements to receive a stream. A value: it opens nothing before `open`. */
export interface Sink<T> {
  /** Used for the node's default name, in errors and metrics, e.g. `postgres telemetry.raw_events`. */
  readonly name: string
  /**
   * What a repeated write does. 'append': the rows are there twice. 'idempotent': the same again, because rows are addressed by key and
   * hold absolute values. It decides the delivery guarantee of a sink that is not in the checkpoint's transaction.
   */
  readonly rewrite: 'append' | 'idempotent'
  /**
   * The transactions that this sink can take part in: a checkpoint store with the identical scope commits its output together with
   * positions and state, which makes it exactly-once. Undefined for a sink that writes on its own.
   */
  readonly scope?: TransactionScope | undefined
  /** Called once per run and process; checks what can be checked (table, columns, rights) before the first record. */
  open(context: SinkContext): Promise<SinkWriter<T>>
}

/** Identity of a database in which stores and sinks share transactions; compared by identity. */
export interface TransactionScope {
  readonly name: string
}

export interface SinkContext {
  readonly job: string
  readonly name: string
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly logger: Logger
}

/** One of the tasks that write into a sink. */
export interface SinkTask {
  /** The task's number, from 0. */
  readonly index: number
  /** How many tasks the job has, in all its processes. */
  readonly count: number
}

/** One open sink, shared by all tasks of the process. */
export interface SinkWriter<T> {
  /**
   * Takes the records of a batch, which is lent for this call alone: encode or copy at once, send later. Must not wait. Declared as a field,
   * because TypeScript lets a method take too narrow a record: a stream of other rows would pass.
   */
  readonly write: (batch: Batch<T>) => void
  /**
   * In place of `write`, for a sink that hands event time on: called with every batch of a task, those without records too, so that it knows the watermark
   * of each task.
   */
  readonly writeOf?: (task: SinkTask, batch: Batch<T>) => void
  /** Undefined while more may be written; else resolves when it may. This is the back-pressure. */
  ready(): Promise<void> | undefined
  /**
   * Cuts here: what was written since the last cut becomes one part of a checkpoint. Synchronous; later writes belong to the next part.
   * Undefined when nothing was written.
   */
  seal(): SealedOutput | undefined
  /** Called once, after the last part was committed or the job failed. Gives up whatever is not sealed. */
  close(): Promise<void>
}

/** Output between two checkpoints. Exactly one of `flush` and `join` is called, once. */
export interface SealedOutput {
  readonly records: number
  readonly bytes: number
  /** Makes this part durable by itself; resolves when it is. For sinks outside the store's transaction. */
  flush(): Promise<void>
  /** Writes this part inside the store's transaction; the argument is what the scope's store passes. */
  join?(transaction: unknown): Promise<void>
}
