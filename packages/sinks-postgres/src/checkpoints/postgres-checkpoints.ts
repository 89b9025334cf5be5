import {
  type Checkpoint,
  type CheckpointArchive,
  type CheckpointStore,
  checkKeep,
  type RestoredTask,
  reachPoint,
  type SealedOutput,
  type StoreContext,
  StreamError,
  type TransactionScope,
} from '@rtp/stream-core/extend'
import type { PostgresConnection } from '../connection/client.ts'
import { ConnectionKeeper } from '../connection/connection-keeper.ts'
import { retried } from '../connection/retried.ts'
import { endStuckSessions } from '../connection/stuck-sessions.ts'
import { PostgresTransaction } from '../connection/transaction.ts'
import { isConnectionFailure } from '../errors.ts'
import { migrate } from '../migrations/migrate.ts'
import type { ResolvedOptions } from '../options.ts'
import { checkIdentifier } from '../sql-identifier.ts'
import { acquireStatements, restoredTasks } from './acquire.ts'
import {
  CHECKPOINT_MIGRATIONS,
  type CheckpointTables,
  checkpointMigrations,
  checkpointTables,
} from './checkpoint-tables.ts'
import { commitOutcome, fencedError } from './commit-outcome.ts'
import { commitStatements } from './commit-statements.ts'
import { PostgresArchive } from './postgres-archive.ts'

export interface CheckpointOptions {
  /** Schema of the store's tables; made if missing. Default `rtp`. */
  readonly schema?: string
  /** Checkpoints of each task that stay restorable at least, 1 or more; up to three more are removed later. Default 3. */
  readonly keep?: number
}

/**
 * Checkpoints in the database of the sinks: one checkpoint is one transaction over output, state and positions, which makes the results
 * exactly-once without two-phase commit. Its last statement moves every task on if, and only if, this process still owns it.
 */
export class PostgresCheckpoints implements CheckpointStore {
  readonly name = 'postgres checkpoints'
  readonly durable = true
  readonly shareable = true
  readonly scope: TransactionScope
  readonly archive: CheckpointArchive
  readonly #options: ResolvedOptions
  readonly #durable: ResolvedOptions
  readonly #schema: string
  readonly #keep: number
  readonly #tables: CheckpointTables
  #opened: { readonly job: string; readonly keeper: ConnectionKeeper } | undefined

  constructor(options: ResolvedOptions, scope: TransactionScope, { schema = 'rtp', keep = 3 }: CheckpointOptions = {}) {
    checkKeep(keep)
    checkIdentifier(schema, 'schema name')
    this.#options = options
    this.#durable = { ...options, synchronousCommit: 'on' }
    this.scope = scope
    this.#schema = schema
    this.#keep = keep
    this.#tables = checkpointTables(schema)
    this.archive = new PostgresArchive({
      options,
      tables: this.#tables,
      migrate: connection => this.#migrate(connection),
    })
  }

  async open({ job, signal }: StoreContext): Promise<void> {
    const keeper = new ConnectionKeeper(this.#options, signal)
    try {
      await retried(this.#options.reconnectTimeoutMs, () => keeper.use(connection => this.#migrate(connection)))
    } catch (cause) {
      await keeper.close()
      throw cause
    }
    this.#opened = { job, keeper }
  }

  /** Repeated after a lost connection: raising an epoch twice harms nobody. Raised epochs wait for the disk, or a crash would hand one out twice. */
  async acquire(tasks: readonly string[]): Promise<readonly RestoredTask[]> {
    const { job, keeper } = this.#open()
    return retried(this.#options.reconnectTimeoutMs, () =>
      keeper.use(async connection => {
        await connection.batch([endStuckSessions(this.#options)], 'taking tasks over')
        const transaction = new PostgresTransaction(connection, this.#durable)
        for (const statement of acquireStatements(this.#tables, job, tasks)) transaction.defer(statement)
        try {
          const doing = `taking over ${tasks.length} tasks of job "${job}"`
          return restoredTasks(tasks, await transaction.commit(doing, 'take-over-sent'))
        } catch (cause) {
          await transaction.rollback()
          throw cause
        }
      }),
    )
  }

  async commit(checkpoint: Checkpoint, outputs: readonly SealedOutput[]): Promise<void> {
    const { keeper } = this.#open()
    const lost = await keeper.use(connection => this.#tryCommit(connection, checkpoint, outputs))
    if (lost !== undefined) await this.#settle(keeper, checkpoint, lost)
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.keeper.close()
  }

  /** Returns the error when nobody knows whether the server has committed; throws when it has not. */
  async #tryCommit(
    connection: PostgresConnection,
    checkpoint: Checkpoint,
    outputs: readonly SealedOutput[],
  ): Promise<StreamError | undefined> {
    const transaction = new PostgresTransaction(connection, this.#options)
    try {
      for (const output of outputs) {
        if (output.join === undefined) throw cannotJoin()
        await output.join(transaction)
      }
      for (const statement of commitStatements(this.#tables, checkpoint, this.#keep)) transaction.defer(statement)
      await transaction.commit(`committing a checkpoint of job "${checkpoint.job}"`)
      reachPoint('commit-acknowledged')
      return undefined
    } catch (cause) {
      if (transaction.isCommitSent && cause instanceof StreamError && isConnectionFailure(cause)) return cause
      await transaction.rollback()
      if (cause instanceof StreamError && cause.code === 'FENCED') {
        throw await fencedError(connection, this.#tables, checkpoint)
      }
      throw cause
    }
  }

  async #settle(keeper: ConnectionKeeper, checkpoint: Checkpoint, lost: StreamError): Promise<void> {
    let attempts = 0
    const outcome = await retried(this.#options.reconnectTimeoutMs, () =>
      keeper.use(connection => {
        attempts++
        return commitOutcome(connection, this.#tables, checkpoint, this.#durable)
      }),
    ).catch((cause: unknown) => {
      throw new StreamError(
        'POSTGRES_COMMIT_LOST',
        `the connection broke while a checkpoint of job "${checkpoint.job}" was committed, and the database could not be asked what became of it. ` +
          'The job goes on from what the database holds once it answers.',
        { cause, retryable: true },
      )
    })
    if (outcome === 'committed') return
    // On a second attempt the raised epoch may be our own, from a first attempt whose answer was lost, too.
    if (outcome === 'taken over' && attempts === 1) {
      throw await keeper.use(connection => fencedError(connection, this.#tables, checkpoint))
    }
    throw new StreamError(
      lost.code,
      `${lost.message.slice(lost.code.length + 2)} Nothing of this checkpoint was written; its tasks must be acquired again.`,
      { cause: lost.cause, retryable: true },
    )
  }

  async #migrate(connection: PostgresConnection): Promise<void> {
    const set = { schema: this.#schema, set: CHECKPOINT_MIGRATIONS }
    try {
      await migrate(connection, checkpointMigrations(this.#schema), this.#options, set)
    } catch (cause) {
      if (!(cause instanceof StreamError && cause.code === 'POSTGRES_MIGRATION_UNKNOWN')) throw cause
      throw new StreamError(
        'CHECKPOINT_NEWER_VERSION',
        `the checkpoints in schema "${this.#schema}" were written by a newer version. Run that version, or use another schema.`,
        { cause },
      )
    }
  }

  #open(): { readonly job: string; readonly keeper: ConnectionKeeper } {
    if (this.#opened !== undefined) return this.#opened
    throw new StreamError(
      'CHECKPOINT_FAILED',
      'the checkpoint store is not open. Call open() first, and nothing after close().',
    )
  }
}

function cannotJoin(): StreamError {
  return new StreamError(
    'SINK_FAILED',
    'a sink that cannot take part in a transaction was handed to the PostgreSQL checkpoint store. Sinks of the same postgres() value can.',
  )
}
