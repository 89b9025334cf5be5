import type { SealedOutput } from '@rtp/stream-core/extend'
import type { ConnectionKeeper } from '../connection/connection-keeper.ts'
import type { Statement } from '../connection/statement-batch.ts'
import { asTransaction, PostgresTransaction } from '../connection/transaction.ts'
import type { ResolvedOptions } from '../options.ts'

export interface UpsertPartOptions {
  readonly table: string
  readonly statements: readonly Statement[]
  readonly records: number
  readonly bytes: number
  readonly options: ResolvedOptions
  readonly keeper: ConnectionKeeper
  readonly onDone: () => void
}

/** The rows of one part of an upsert, as statements. */
export class UpsertPart implements SealedOutput {
  readonly records: number
  readonly bytes: number
  readonly #given: UpsertPartOptions

  constructor(given: UpsertPartOptions) {
    this.#given = given
    this.records = given.records
    this.bytes = given.bytes
  }

  async join(transaction: unknown): Promise<void> {
    const joined = asTransaction(transaction)
    for (const statement of this.#given.statements) joined.defer(statement)
    this.#given.onDone()
  }

  flush(): Promise<void> {
    const { keeper, options, table } = this.#given
    return keeper.use(async connection => {
      const transaction = new PostgresTransaction(connection, options)
      try {
        await this.join(transaction)
        await transaction.commit(`writing ${this.records} rows of ${table}`)
      } catch (cause) {
        await transaction.rollback()
        throw cause
      }
    })
  }
}
