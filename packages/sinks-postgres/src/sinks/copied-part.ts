import { type SealedOutput, StreamError } from '@rtp/stream-core/extend'
import type { ConnectionKeeper } from '../connection/connection-keeper.ts'
import type { Statement } from '../connection/statement-batch.ts'
import { asTransaction, PostgresTransaction } from '../connection/transaction.ts'
import type { SealedChunks } from '../copy/chunk-list.ts'
import { PostgresFailure } from '../errors.ts'
import type { ResolvedOptions } from '../options.ts'
import type { PartOrigins } from './part-origins.ts'

/** What a sink hands over with a part. */
export interface CopiedPartOptions {
  /** COPY ... FROM STDIN. */
  readonly sql: string
  readonly table: string
  /** Refuses a table that is not the one that the bytes were made for. */
  readonly check: Statement
  readonly chunks: SealedChunks
  readonly origins: PartOrigins
  readonly options: ResolvedOptions
  readonly keeper: ConnectionKeeper
  /** Called once, when the bytes are no longer needed. */
  readonly onDone: () => void
}

/** Rows of one part, encoded, to be sent by COPY. */
export class CopiedPart implements SealedOutput {
  readonly records: number
  readonly bytes: number
  readonly #given: CopiedPartOptions

  constructor(given: CopiedPartOptions) {
    this.#given = given
    this.records = given.origins.rows
    this.bytes = given.chunks.bytes
  }

  async join(transaction: unknown): Promise<void> {
    const { sql, table, check, chunks, onDone } = this.#given
    try {
      await asTransaction(transaction).copy(sql, chunks.buffers, `copying ${this.records} rows into ${table}`)
      asTransaction(transaction).defer(check)
      chunks.recycle()
    } catch (cause) {
      throw this.#located(cause)
    } finally {
      onDone()
    }
  }

  flush(): Promise<void> {
    const { keeper, options, table } = this.#given
    return keeper.use(async connection => {
      const transaction = new PostgresTransaction(connection, options)
      try {
        await this.join(transaction)
        await transaction.commit(`committing ${this.records} rows of ${table}`)
      } catch (cause) {
        await transaction.rollback()
        throw cause
      }
    })
  }

  /** Adds the records that the refused row came from. */
  #located(cause: unknown): unknown {
    if (!(cause instanceof StreamError && cause.cause instanceof PostgresFailure)) return cause
    const { copyLine } = cause.cause
    const origin = copyLine === undefined ? undefined : this.#given.origins.find(copyLine)
    if (origin === undefined) return cause
    const message = cause.message.slice(cause.code.length + 2)
    return new StreamError(cause.code, `${message} The row came from ${origin.text}.`, {
      cause: cause.cause,
      retryable: cause.retryable,
      place: origin.place,
    })
  }
}
