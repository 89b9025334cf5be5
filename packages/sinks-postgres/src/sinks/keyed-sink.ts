import type { Batch, SealedOutput, Sink, SinkContext, SinkWriter, TransactionScope } from '@rtp/stream-core/extend'
import { StreamError } from '@rtp/stream-core/extend'
import type { Columns } from '../columns/column.ts'
import { connect } from '../connection/connect.ts'
import { ConnectionKeeper } from '../connection/connection-keeper.ts'
import type { Statement } from '../connection/statement-batch.ts'
import type { ResolvedOptions } from '../options.ts'
import { parseTableName } from '../sql-identifier.ts'
import { type CheckedTable, checkTable } from '../table/check-table.ts'
import { inspectTable } from '../table/inspect-table.ts'
import { MemoryBound } from './memory-bound.ts'
import { UpsertPart } from './upsert-part.ts'

export interface UpsertOptions {
  /** Columns that identify a row; the table needs a primary key or unique index on exactly these. */
  readonly key: readonly string[]
}

/** Collects records of type `In` between two cuts. */
export interface PartRows<In> {
  /** Records written so far. */
  readonly records: number
  readonly bytes: number
  write(batch: Batch<In>): void
  /** The statements that write the part; empties it. */
  take(): PartStatements
}

export interface PartStatements {
  readonly statements: readonly Statement[]
  readonly bytes: number
}

export interface KeyedSinkOptions<In, T> {
  readonly table: string
  readonly columns: Columns<T>
  readonly key: readonly string[]
  /** True when rows are deleted, too. */
  readonly deletes: boolean
  readonly options: ResolvedOptions
  readonly scope: TransactionScope
  rows(checked: CheckedTable<T>): PartRows<In>
}

/** A sink that addresses rows by key, so that writing a record twice changes nothing. */
export function keyedSink<In, T>(given: KeyedSinkOptions<In, T>): Sink<In> {
  const { table, columns, key, deletes, options, scope } = given
  const name = parseTableName(table)
  if (key.length === 0) {
    throw new StreamError('POSTGRES_OPTIONS_INVALID', `an upsert into ${table} needs at least one key column.`)
  }
  return Object.freeze({
    name: `postgres ${table}`,
    rewrite: 'idempotent',
    scope,
    async open(context: SinkContext) {
      const connection = await connect(options, { timeoutMs: options.reconnectTimeoutMs, signal: context.signal })
      try {
        const checked = checkTable(table, await inspectTable(connection, name), { columns, key, deletes })
        return new KeyedWriter(table, given.rows(checked), options, context)
      } finally {
        await connection.close()
      }
    },
  })
}

class KeyedWriter<In> implements SinkWriter<In> {
  readonly #table: string
  readonly #rows: PartRows<In>
  readonly #options: ResolvedOptions
  readonly #keeper: ConnectionKeeper
  readonly #bound: MemoryBound

  constructor(table: string, rows: PartRows<In>, options: ResolvedOptions, context: SinkContext) {
    this.#table = table
    this.#rows = rows
    this.#options = options
    this.#keeper = new ConnectionKeeper(options, context.signal)
    this.#bound = new MemoryBound(options.maxBufferedBytes)
  }

  write(batch: Batch<In>): void {
    if (batch.size > 0) this.#rows.write(batch)
  }

  ready(): Promise<void> | undefined {
    return this.#bound.ready(this.#rows.bytes)
  }

  seal(): SealedOutput | undefined {
    const { records } = this.#rows
    if (records === 0) return undefined
    const { statements, bytes } = this.#rows.take()
    this.#bound.seal(bytes)
    return new UpsertPart({
      table: this.#table,
      statements,
      records,
      bytes,
      options: this.#options,
      keeper: this.#keeper,
      onDone: () => this.#bound.release(bytes),
    })
  }

  close(): Promise<void> {
    this.#bound.close()
    return this.#keeper.close()
  }
}
