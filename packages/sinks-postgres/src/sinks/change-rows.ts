import { type Batch, BatchBuilder, type Change } from '@rtp/stream-core/extend'
import type { CheckedTable } from '../table/check-table.ts'
import { KeyedRows } from './keyed-rows.ts'
import type { PartRows, PartStatements } from './keyed-sink.ts'
import { deleteSql, statementsOf, upsertSql } from './keyed-statements.ts'

/**
 * The changes of one part: of each key the last one counts, so what an update takes back is deleted only when its key does not come again. Of rows
 * that go, no more than the key is read.
 */
export class ChangeRows<T> implements PartRows<Change<T>> {
  readonly #table: string
  /** Rows that are there from now on, and keys whose rows are not. */
  readonly #present: KeyedRows<T>
  readonly #gone: KeyedRows<T>
  readonly #upsertSql: string
  readonly #deleteSql: string
  readonly #presentBatch = new BatchBuilder<T>()
  readonly #goneBatch = new BatchBuilder<T>()
  /** By key: the row in `#present`, or, below 0, -1 - the row in `#gone`. */
  #lastOfKey = new Map<string, number>()

  constructor(table: string, checked: CheckedTable<T>, key: readonly string[]) {
    const keyColumns = checked.columns.filter(({ name }) => key.includes(name))
    this.#table = table
    this.#present = new KeyedRows(table, checked.columns, key)
    this.#gone = new KeyedRows(table, keyColumns, key)
    this.#upsertSql = upsertSql(checked.sql, checked.columns, key)
    this.#deleteSql = deleteSql(checked.sql, keyColumns)
  }

  get records(): number {
    return this.#present.rows + this.#gone.rows
  }

  get bytes(): number {
    return this.#present.bytes + this.#gone.bytes
  }

  write(batch: Batch<Change<T>>): void {
    const { values, times, watermarks, offsets, size, origin } = batch
    for (let i = 0; i < size; i++) {
      const rows = isGone(values[i]!) ? this.#goneBatch : this.#presentBatch
      rows.add(values[i]!.value, times[i]!, watermarks[i]!, offsets[i]!)
    }
    const present = this.#presentBatch.take(batch.watermark, false, origin)
    const gone = this.#goneBatch.take(batch.watermark, false, origin)
    const [firstPresent, firstGone] = [this.#present.rows, this.#gone.rows]
    this.#present.add(present)
    this.#gone.add(gone)
    // In the order of the changes: the last one of a key is to be the one that counts.
    let presentAt = 0
    let goneAt = 0
    for (let i = 0; i < size; i++) {
      if (isGone(values[i]!)) {
        const row = firstGone + goneAt
        this.#lastOfKey.set(this.#gone.keyOf(row, gone, goneAt++), -1 - row)
      } else {
        const row = firstPresent + presentAt
        this.#lastOfKey.set(this.#present.keyOf(row, present, presentAt++), row)
      }
    }
  }

  /** Deletes go first: a row that takes another's place in a unique index must find it free. */
  take(): PartStatements {
    const last = [...this.#lastOfKey.values()]
    const goneRows = Int32Array.from(last.filter(row => row < 0).map(row => -1 - row))
    const presentRows = Int32Array.from(last.filter(row => row >= 0))
    const deletes = statementsOf(this.#deleteSql, this.#gone, goneRows, n => `deleting ${n} rows of ${this.#table}`)
    const upserts = statementsOf(
      this.#upsertSql,
      this.#present,
      presentRows,
      n => `writing ${n} rows into ${this.#table}`,
    )
    this.#gone.clear()
    this.#present.clear()
    this.#lastOfKey = new Map()
    return {
      statements: [...deletes.statements, ...upserts.statements],
      bytes: deletes.bytes + upserts.bytes,
    }
  }
}

function isGone({ op }: Change<unknown>): boolean {
  return op === 'updateBefore' || op === 'delete'
}
