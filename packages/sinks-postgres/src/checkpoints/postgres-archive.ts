import {
  type CheckpointArchive,
  jobHasState,
  type KeptCheckpoint,
  type PutOptions,
  type SavedCheckpoint,
  type SavedTask,
  StreamError,
  unknownCheckpoint,
} from '@rtp/stream-core/extend'
import type { PostgresConnection } from '../connection/client.ts'
import { connect } from '../connection/connect.ts'
import { PostgresTransaction } from '../connection/transaction.ts'
import type { ResolvedOptions } from '../options.ts'
import { keptCheckpoints } from './archive-rows.ts'
import { checksumsStatement, listStatement, putStatements, readStatement } from './archive-statements.ts'
import type { CheckpointTables } from './checkpoint-tables.ts'
import { storedChains } from './stored-chains.ts'

export interface ArchiveOptions {
  readonly options: ResolvedOptions
  readonly tables: CheckpointTables
  /** Makes the store's tables, or brings them up to date. */
  readonly migrate: (connection: PostgresConnection) => Promise<void>
}

/** The kept checkpoints in a database. Reading changes nothing, and makes no tables; each call has a connection of its own. */
export class PostgresArchive implements CheckpointArchive {
  readonly #options: ResolvedOptions
  readonly #tables: CheckpointTables
  readonly #migrate: (connection: PostgresConnection) => Promise<void>

  constructor({ options, tables, migrate }: ArchiveOptions) {
    this.#options = { ...options, synchronousCommit: 'on' }
    this.#tables = tables
    this.#migrate = migrate
  }

  list(job: string): Promise<readonly KeptCheckpoint[]> {
    return this.#connected(connection => this.#list(connection, job))
  }

  read(job: string, number?: number): Promise<SavedCheckpoint> {
    return this.#connected(async connection => {
      const all = await this.#list(connection, job)
      const kept = number === undefined ? all[0] : all.find(one => one.number === number)
      const numbers = all.map(one => one.number)
      if (kept === undefined) throw unknownCheckpoint(job, number, numbers)
      const doing = `reading checkpoint ${kept.number} of job "${job}"`
      const [checksums] = await connection.batch([checksumsStatement(this.#tables)], doing)
      const statement = readStatement(this.#tables, job, kept.tasks, checksums?.rows.length === 1)
      const [read] = await connection.batch([statement], doing)
      const rows = read?.rows ?? []
      const withState = new Set(rows.map(row => row['task']))
      // A running job may have committed since it was listed, and retention may have taken it.
      if (kept.tasks.some(({ task, stateBytes }) => stateBytes > 0 && !withState.has(task)))
        throw removedMeanwhile(job, kept.number)
      const chains = storedChains(rows, kept.tasks)
      const tasks = kept.tasks.map(({ stateBytes: _, ...task }) => ({ ...task, snapshots: chains.get(task.task)! }))
      return { job, number: kept.number, committedAt: kept.committedAt, tasks }
    })
  }

  put(job: string, tasks: readonly SavedTask[], { replace = false }: PutOptions = {}): Promise<number> {
    return this.#connected(async connection => {
      await this.#migrate(connection)
      const transaction = new PostgresTransaction(connection, this.#options)
      for (const statement of putStatements(this.#tables, job, tasks, replace)) transaction.defer(statement)
      try {
        const results = await transaction.commit(`putting back the state of job "${job}"`)
        return Number(results.at(-1)?.rows[0]?.['number'])
      } catch (cause) {
        await transaction.rollback()
        if (cause instanceof StreamError && cause.code === 'CHECKPOINT_EXISTS') throw jobHasState(job)
        throw cause
      }
    })
  }

  async #list(connection: PostgresConnection, job: string): Promise<readonly KeptCheckpoint[]> {
    const doing = `reading the checkpoints of job "${job}"`
    const exists = { text: 'SELECT to_regclass($1) AS found', values: [this.#tables.kept] }
    const [table] = await connection.batch([exists], doing)
    if ((table?.rows[0]?.['found'] ?? null) === null) return []
    const [listed] = await connection.batch([listStatement(this.#tables, job)], doing)
    return keptCheckpoints(listed?.rows ?? [])
  }

  async #connected<R>(work: (connection: PostgresConnection) => Promise<R>): Promise<R> {
    const connection = await connect(this.#options, { timeoutMs: this.#options.reconnectTimeoutMs })
    try {
      return await work(connection)
    } finally {
      await connection.close()
    }
  }
}

function removedMeanwhile(job: string, number: number): StreamError {
  return new StreamError(
    'CHECKPOINT_UNKNOWN',
    `checkpoint ${number} of job "${job}" was removed while it was read, because the running job has committed later ones. Try again with a later one, or let the job keep more.`,
    { retryable: true },
  )
}
