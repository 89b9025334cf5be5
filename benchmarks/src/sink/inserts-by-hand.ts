import type pg from 'pg'
import { type Row, TRANSACTION_ROWS } from './row.ts'
import { ROW_COLUMNS, ROW_TABLE } from './row-table.ts'

/** INSERT with the values of `statementRows` rows, so many to a transaction as COPY has. */
export async function insertByHand(client: pg.Client, rows: readonly Row[], statementRows: number): Promise<void> {
  const sql = insertOf(statementRows)
  for (let first = 0; first < rows.length; first += TRANSACTION_ROWS) {
    await client.query('begin')
    const end = Math.min(rows.length, first + TRANSACTION_ROWS)
    for (let at = first; at < end; at += statementRows) {
      const some = rows.slice(at, Math.min(end, at + statementRows))
      const text = some.length === statementRows ? sql : insertOf(some.length)
      await client.query({ text, values: some.flatMap(valuesOf), name: `insert ${some.length}` })
    }
    await client.query('commit')
  }
}

function insertOf(rows: number): string {
  const tuples = Array.from({ length: rows }, (_, row) => `(${PARAMETERS.map(p => `$${row * PARAMETERS.length + p}`)})`)
  return `insert into ${ROW_TABLE} (${ROW_COLUMNS}) values ${tuples.join(', ')}`
}

function valuesOf({ eventTime, sensorId, value, payload, partition, offset }: Row): unknown[] {
  return [new Date(eventTime), sensorId, value, payload, partition, offset]
}

const PARAMETERS = [1, 2, 3, 4, 5, 6]
