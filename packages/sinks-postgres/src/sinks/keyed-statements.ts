import type { Statement } from '../connection/statement-batch.ts'
import { quoteIdentifier } from '../sql-identifier.ts'
import type { CheckedColumn } from '../table/check-table.ts'
import type { KeyedRows } from './keyed-rows.ts'
import { upsertColumn } from './upsert-column.ts'

/** Statements that run `sql` over these rows, a bounded number at a time; `doing` goes before their number in messages. */
export function statementsOf<T>(
  sql: string,
  keyed: KeyedRows<T>,
  rows: Int32Array,
  doing: (count: number) => string,
): { readonly statements: Statement[]; readonly bytes: number } {
  const statements: Statement[] = []
  let bytes = 0
  for (let from = 0; from < rows.length; from += MAX_ROWS) {
    const some = rows.subarray(from, from + MAX_ROWS)
    const values = keyed.parameters(some)
    for (const array of values) bytes += array.length
    statements.push({ text: sql, values, doing: doing(some.length), point: 'upsert-sent' })
  }
  return { statements, bytes }
}

/** Writes each row, new or in place of the one with its key. */
export function upsertSql<T>(table: string, columns: readonly CheckedColumn<T>[], key: readonly string[]): string {
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const others = columns.filter(({ name }) => !key.includes(name)).map(({ name }) => quoteIdentifier(name))
  const update = others.map(name => `${name} = EXCLUDED.${name}`).join(', ')
  return (
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${columns.map(valueSql).join(', ')} FROM ${rowsOf(columns)} ` +
    `ON CONFLICT (${key.map(quoteIdentifier).join(', ')}) DO ${update === '' ? 'NOTHING' : `UPDATE SET ${update}`}`
  )
}

/** Deletes the row of each key; `columns` are those of the key. */
export function deleteSql<T>(table: string, columns: readonly CheckedColumn<T>[]): string {
  const equal = columns.map((column, i) => `t.${quoteIdentifier(column.name)} = ${valueSql(column, i)}`)
  return `DELETE FROM ${table} AS t USING ${rowsOf(columns)} WHERE ${equal.join(' AND ')}`
}

function valueSql<T>(column: CheckedColumn<T>, i: number): string {
  return `x.c${i}${upsertColumn(column).cast}`
}

function rowsOf<T>(columns: readonly CheckedColumn<T>[]): string {
  const parameters = columns.map((column, i) => `$${i + 1}::${upsertColumn(column).column.type.name}[]`)
  return `unnest(${parameters.join(', ')}) AS x (${columns.map((_, i) => `c${i}`).join(', ')})`
}

/** Rows per statement: bounds what the server holds of one. */
const MAX_ROWS = 20_000
