import type { Batch, SealedOutput, Sink, SinkContext, SinkWriter, TransactionScope } from '@rtp/stream-core/extend'
import { StreamError } from '@rtp/stream-core/extend'
import type { Columns } from '../columns/column.ts'
import { connect } from '../connection/connect.ts'
import { ConnectionKeeper } from '../connection/connection-keeper.ts'
import type { ResolvedOptions } from '../options.ts'
import { parseTableName } from '../sql-identifier.ts'
import { type CheckedTable, checkTable } from '../table/check-table.ts'
import { inspectTable } from '../table/inspect-table.ts'
import { MemoryBound } from './memory-bound.ts'
import { UpsertPart } from './upsert-part.ts'
import { UpsertRows } from './upsert-rows.ts'

export interface UpsertOptions {
  /** Columns that identify a row; the table needs a primary key or unique index on exactly these. */
  readonly key: readonly string[]
}

/** Writes one row per key, new or in place of the old one. Records hold absolute values, so writing one twice changes nothing. */
export function upsertSink<T>(
  table: string,
  columns: Columns<T>,
  { key }: UpsertOptions,
  options: ResolvedOptions,
  scope: TransactionScope,
): Sink<T> {
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
        const checked = checkTable(table, await inspectTable(connection, name), { columns, key })
        return new UpsertWriter(table, checked, key, options, context)
      } finally {
        await connection.close()
      }
    },
  })
}

class UpsertWriter<T> implements SinkWriter<T> {
  readonly #table: string
  readonly #rows: UpsertRows<T>
  readonly #options: ResolvedOptions
  readonly #keeper: ConnectionKeeper
  readonly #bound: MemoryBound

  constructor(
    table: string,
    checked: CheckedTable<T>,
    key: readonly string[],
    options: ResolvedOptions,
    context: SinkContext,
  ) {
    this.#table = table
    this.#rows = new UpsertRows(table, checked, key)
    this.#options = options
    this.#keeper = new ConnectionKeeper(options, context.signal)
    this.#bound = new MemoryBound(options.maxBufferedBytes)
  }

  write(batch: Batch<T>): void {
    if (batch.size > 0) this.#rows.write(batch)
  }

  ready(): Promise<void> | undefined {
    return this.#bound.ready(this.#rows.bytes)
  }

  seal(): SealedOutput | undefined {
    const records = this.#rows.rows
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
