import type { Batch } from '@rtp/stream-core/extend'
import { ColumnLoaders } from '../copy/column-loaders.ts'
import { ColumnStore } from '../copy/column-store.ts'
import { valueError } from '../copy/value-error.ts'
import { ValueFault } from '../scalars/scalar.ts'
import { scalarOf } from '../scalars/scalar-of.ts'
import type { CheckedColumn } from '../table/check-table.ts'
import { upsertColumn } from './upsert-column.ts'

/** Rows with a key, encoded column by column, until the statement is known for which some of them are parameters. */
export class KeyedRows<T> {
  readonly #table: string
  readonly #columns: readonly CheckedColumn<T>[]
  readonly #loaders: ColumnLoaders<T>
  readonly #stores: readonly ColumnStore[]
  readonly #keyColumns: readonly { readonly name: string; readonly store: ColumnStore; readonly text: KeyText }[]
  #rows = 0

  constructor(table: string, columns: readonly CheckedColumn<T>[], key: readonly string[]) {
    this.#table = table
    this.#columns = columns
    this.#loaders = new ColumnLoaders(table, columns.map(upsertColumn))
    this.#stores = columns.map(() => new ColumnStore())
    this.#keyColumns = key.map(name => {
      const at = columns.findIndex(column => column.name === name)
      return { name, store: this.#stores[at]!, text: keyTextOf(columns[at]!.column.type.name) }
    })
  }

  /** Rows added so far. */
  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    let bytes = 0
    for (const store of this.#stores) bytes += store.bytes
    return bytes
  }

  add(batch: Batch<T>): void {
    this.#loaders.load(batch)
    this.#loaders.loaders.forEach((loader, i) => {
      this.#stores[i]!.add(loader, batch.size)
    })
    this.#rows += batch.size
  }

  /** A text that two rows share if the database takes their keys as equal. The row is record `at` of the batch that was added last. */
  keyOf(row: number, batch: Batch<T>, at: number): string {
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

  /** The parameters that hold these rows: each column as a binary array, whose elements have the form that the store holds already. */
  parameters(rows: Int32Array): Buffer[] {
    return this.#stores.map((store, i) => {
      const array = store.gather(rows, ARRAY_HEADER)
      array.writeInt32BE(1, 0)
      array.writeInt32BE(1, 4)
      array.writeInt32BE(scalarOf(upsertColumn(this.#columns[i]!).column.type).oid, 8)
      array.writeInt32BE(rows.length, 12)
      array.writeInt32BE(1, 16)
      return array
    })
  }

  clear(): void {
    for (const store of this.#stores) store.clear()
    this.#rows = 0
  }
}

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
