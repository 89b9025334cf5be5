import type { Batch } from '@rtp/stream-core/extend'
import type { Statement } from '../connection/statement-batch.ts'
import { ColumnLoaders } from '../copy/column-loaders.ts'
import { ColumnStore } from '../copy/column-store.ts'
import { valueError } from '../copy/value-error.ts'
import { ValueFault } from '../scalars/scalar.ts'
import { scalarOf } from '../scalars/scalar-of.ts'
import { quoteIdentifier } from '../sql-identifier.ts'
import type { CheckedTable } from '../table/check-table.ts'
import { upsertColumn } from './upsert-column.ts'

/**
 * The rows of one part of an upsert: of several with the same key the last one counts, at the place of the first. PostgreSQL refuses a
 * statement that would change a row twice, and intermediate values would be written for nothing.
 */
export class UpsertRows<T> {
  readonly #table: string
  readonly #checked: CheckedTable<T>
  readonly #key: readonly string[]
  readonly #loaders: ColumnLoaders<T>
  readonly #stores: readonly ColumnStore[]
  readonly #keyColumns: readonly { readonly name: string; readonly store: ColumnStore; readonly text: KeyText }[]
  readonly #sql: string
  #rowOfKey = new Map<string, number>()
  #rows = 0

  constructor(table: string, checked: CheckedTable<T>, key: readonly string[]) {
    this.#table = table
    this.#checked = checked
    this.#key = key
    this.#loaders = new ColumnLoaders(table, checked.columns.map(upsertColumn))
    this.#stores = checked.columns.map(() => new ColumnStore())
    this.#keyColumns = key.map(name => {
      const at = checked.columns.findIndex(column => column.name === name)
      return { name, store: this.#stores[at]!, text: keyTextOf(checked.columns[at]!.column.type.name) }
    })
    this.#sql = this.#upsertSql()
  }

  /** Rows written so far, superseded ones included. */
  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    let bytes = 0
    for (const store of this.#stores) bytes += store.bytes
    return bytes
  }

  write(batch: Batch<T>): void {
    this.#loaders.load(batch)
    this.#loaders.loaders.forEach((loader, i) => {
      this.#stores[i]!.add(loader, batch.size)
    })
    for (let i = 0; i < batch.size; i++) this.#rowOfKey.set(this.#keyOf(this.#rows + i, batch, i), this.#rows + i)
    this.#rows += batch.size
  }

  /** The statements that write the part; empties it. */
  take(): { readonly statements: readonly Statement[]; readonly bytes: number } {
    const kept = Int32Array.from(this.#rowOfKey.values())
    const statements: Statement[] = []
    let bytes = 0
    for (let from = 0; from < kept.length; from += MAX_ROWS) {
      const rows = kept.subarray(from, from + MAX_ROWS)
      const values = this.#stores.map((store, i) => this.#array(store, i, rows))
      for (const array of values) bytes += array.length
      statements.push({ text: this.#sql, values, doing: `writing ${rows.length} rows into ${this.#table}` })
    }
    for (const store of this.#stores) store.clear()
    this.#rowOfKey = new Map()
    this.#rows = 0
    return { statements, bytes }
  }

  #keyOf(row: number, batch: Batch<T>, at: number): string {
    let key = ''
    for (const { name, store, text } of this.#keyColumns) {
      if (store.isNull(row)) {
        const fault = new ValueFault('is part of the key and got null: rows without a key would never be found again')
        throw valueError(this.#table, name, batch, at, fault)
      }
      key += text(store.latin1(row))
    }
    return key
  }

  /** One parameter of the statement: a whole column as a binary array, whose elements have the form that the store holds already. */
  #array(store: ColumnStore, column: number, rows: Int32Array): Buffer {
    const array = store.gather(rows, ARRAY_HEADER)
    array.writeInt32BE(1, 0)
    array.writeInt32BE(1, 4)
    array.writeInt32BE(scalarOf(upsertColumn(this.#checked.columns[column]!).column.type).oid, 8)
    array.writeInt32BE(rows.length, 12)
    array.writeInt32BE(1, 16)
    return array
  }

  #upsertSql(): string {
    const { columns, sql } = this.#checked
    const names = columns.map(({ name }) => quoteIdentifier(name))
    const values = columns.map((column, i) => `x.c${i}${upsertColumn(column).cast}`)
    const parameters = columns.map((column, i) => `$${i + 1}::${upsertColumn(column).column.type.name}[]`)
    const others = names.filter((_, i) => !this.#key.includes(columns[i]!.name))
    const update = others.map(name => `${name} = EXCLUDED.${name}`).join(', ')
    return (
      `INSERT INTO ${sql} (${names.join(', ')}) SELECT ${values.join(', ')} ` +
      `FROM unnest(${parameters.join(', ')}) AS x (${columns.map((_, i) => `c${i}`).join(', ')}) ` +
      `ON CONFLICT (${this.#key.map(quoteIdentifier).join(', ')}) DO ${update === '' ? 'NOTHING' : `UPDATE SET ${update}`}`
    )
  }
}

/** Rows per statement: bounds what the server holds of one. */
const MAX_ROWS = 20_000
/** array_recv: dimensions, has nulls, element type, length, lower bound. */
const ARRAY_HEADER = 20

type KeyText = (field: string) => string

/** Encoded fields that differ although the values are equal for an index are made the same. */
function keyTextOf(type: string): KeyText {
  if (type === 'float8') return field => (field === MINUS_ZERO_8 ? ZERO_8 : field)
  if (type === 'float4') return field => (field === MINUS_ZERO_4 ? ZERO_4 : field)
  // Without the display scale: 1.0 and 1.00 are one key. (4 bytes length, then groups, weight, sign, scale.)
  if (type === 'numeric') return field => field.slice(0, 10) + field.slice(12)
  return field => field
}

const ZERO_8 = '\0\0\0\x08\0\0\0\0\0\0\0\0'
const MINUS_ZERO_8 = '\0\0\0\x08\x80\0\0\0\0\0\0\0'
const ZERO_4 = '\0\0\0\x04\0\0\0\0'
const MINUS_ZERO_4 = '\0\0\0\x04\x80\0\0\0'
