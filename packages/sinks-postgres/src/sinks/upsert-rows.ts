import type { Batch } from '@rtp/stream-core/extend'
import type { CheckedTable } from '../table/check-table.ts'
import { KeyedRows } from './keyed-rows.ts'
import type { PartRows, PartStatements } from './keyed-sink.ts'
import { statementsOf, upsertSql } from './keyed-statements.ts'

/**
 * The rows of one part of an upsert: of several with the same key the last one counts, at the place of the first. PostgreSQL refuses a
 * statement that would change a row twice, and intermediate values would be written for nothing.
 */
export class UpsertRows<T> implements PartRows<T> {
  readonly #table: string
  readonly #keyed: KeyedRows<T>
  readonly #sql: string
  #rowOfKey = new Map<string, number>()

  constructor(table: string, checked: CheckedTable<T>, key: readonly string[]) {
    this.#table = table
    this.#keyed = new KeyedRows(table, checked.columns, key)
    this.#sql = upsertSql(checked.sql, checked.columns, key)
  }

  /** Superseded ones included. */
  get records(): number {
    return this.#keyed.rows
  }

  get bytes(): number {
    return this.#keyed.bytes
  }

  write(batch: Batch<T>): void {
    const first = this.#keyed.rows
    this.#keyed.add(batch)
    for (let i = 0; i < batch.size; i++) this.#rowOfKey.set(this.#keyed.keyOf(first + i, batch, i), first + i)
  }

  take(): PartStatements {
    const kept = Int32Array.from(this.#rowOfKey.values())
    const taken = statementsOf(this.#sql, this.#keyed, kept, count => `writing ${count} rows into ${this.#table}`)
    this.#keyed.clear()
    this.#rowOfKey = new Map()
    return taken
  }
}
