import type { Batch, SealedOutput, Sink, SinkContext, SinkWriter, TransactionScope } from '@rtp/stream-core/extend'
import type { Columns } from '../columns/column.ts'
import { connect } from '../connection/connect.ts'
import { ConnectionKeeper } from '../connection/connection-keeper.ts'
import type { Statement } from '../connection/statement-batch.ts'
import { BinaryEncoder } from '../copy/binary-encoder.ts'
import type { RowEncoder } from '../copy/row-encoder.ts'
import { TextEncoder } from '../copy/text-encoder.ts'
import type { ResolvedOptions } from '../options.ts'
import { parseTableName, quoteIdentifier } from '../sql-identifier.ts'
import { type CheckedTable, checkTable } from '../table/check-table.ts'
import { inspectTable } from '../table/inspect-table.ts'
import { sameTypesStatement } from '../table/same-types.ts'
import { CopiedPart } from './copied-part.ts'
import { MemoryBound } from './memory-bound.ts'
import { PartOrigins } from './part-origins.ts'

/** Adds one row per record by COPY: the fastest way into a table. A record that is written twice is there twice. */
export function appendSink<T>(
  table: string,
  columns: Columns<T>,
  options: ResolvedOptions,
  scope: TransactionScope,
): Sink<T> {
  const name = parseTableName(table)
  return Object.freeze({
    name: `postgres ${table}`,
    rewrite: 'append',
    scope,
    async open(context: SinkContext) {
      const connection = await connect(options, { timeoutMs: options.reconnectTimeoutMs, signal: context.signal })
      try {
        const checked = checkTable(table, await inspectTable(connection, name), { columns })
        return new AppendWriter(table, checked, options, context)
      } finally {
        await connection.close()
      }
    },
  })
}

class AppendWriter<T> implements SinkWriter<T> {
  readonly #table: string
  readonly #sql: string
  readonly #check: Statement
  readonly #encoder: RowEncoder<T>
  readonly #options: ResolvedOptions
  readonly #keeper: ConnectionKeeper
  readonly #bound: MemoryBound
  #origins = new PartOrigins()

  constructor(table: string, checked: CheckedTable<T>, options: ResolvedOptions, context: SinkContext) {
    this.#table = table
    const list = checked.columns.map(({ name }) => quoteIdentifier(name)).join(', ')
    this.#sql = `COPY ${checked.sql} (${list}) FROM STDIN${checked.format === 'binary' ? ' (FORMAT binary)' : ''}`
    this.#check = sameTypesStatement(table, checked)
    const Encoder = checked.format === 'binary' ? BinaryEncoder : TextEncoder
    this.#encoder = new Encoder(table, checked.columns)
    this.#options = options
    this.#keeper = new ConnectionKeeper(options, context.signal)
    this.#bound = new MemoryBound(options.maxBufferedBytes)
    if (checked.format === 'text') reportText(table, checked, context)
  }

  write(batch: Batch<T>): void {
    if (batch.size === 0) return
    this.#encoder.write(batch)
    this.#origins.add(batch)
  }

  ready(): Promise<void> | undefined {
    return this.#bound.ready(this.#encoder.bytes)
  }

  seal(): SealedOutput | undefined {
    if (this.#origins.rows === 0) return undefined
    const chunks = this.#encoder.seal()
    const origins = this.#origins
    this.#origins = new PartOrigins()
    this.#bound.seal(chunks.bytes)
    return new CopiedPart({
      sql: this.#sql,
      table: this.#table,
      check: this.#check,
      chunks,
      origins,
      options: this.#options,
      keeper: this.#keeper,
      onDone: () => this.#bound.release(chunks.bytes),
    })
  }

  close(): Promise<void> {
    this.#bound.close()
    return this.#keeper.close()
  }
}

function reportText<T>(table: string, checked: CheckedTable<T>, context: SinkContext): void {
  const columns = checked.columns.filter(({ format }) => format === 'text').map(({ name }) => name)
  context.logger.info('rows go by COPY text, which is slower: these columns have types without a known binary form', {
    table,
    columns: columns.join(', '),
  })
}
