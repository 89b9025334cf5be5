import type { Change } from '../../../src/index.ts'

/** The rows that a table has after all changes, in no order. Throws when a change takes back a row that is not there. */
export function tableOf<T>(changes: Iterable<Change<T>>): T[] {
  const rows: T[] = []
  for (const { op, value } of changes) {
    if (op === 'insert' || op === 'updateAfter') {
      rows.push(value)
      continue
    }
    const at = rows.findIndex(row => JSON.stringify(row) === JSON.stringify(value))
    if (at < 0) throw new Error(`${op} of a row that is not there: ${JSON.stringify(value)}`)
    rows.splice(at, 1)
  }
  return rows
}

/** The rows that a table with a unique key has, where updates need not say what they replace. */
export function upsertedTable<T>(changes: Iterable<Change<T>>, keyOf: (row: T) => unknown): Map<unknown, T> {
  const rows = new Map<unknown, T>()
  for (const { op, value } of changes) {
    if (op === 'insert' || op === 'updateAfter') rows.set(keyOf(value), value)
    else rows.delete(keyOf(value))
  }
  return rows
}
