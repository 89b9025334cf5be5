import type { Client } from 'pg'
import { Pseudonymizer } from '../../src/readings/pseudonym.ts'
import { MIGRATIONS } from '../../src/tables/schema.ts'

/** A good row of a CSV. */
export interface Row {
  readonly id: string
  readonly value: number
  readonly timeMs: number
}

export const KEY = 'test key'

/** Fills the tables as a faultless job would, by plain inserts and a naive loop over the rows. */
export async function fillTables(client: Client, rows: readonly Row[]): Promise<void> {
  const pseudonymizer = new Pseudonymizer(KEY)
  for (const { sql } of MIGRATIONS) await client.query(sql)
  const windows = new Map<string, { start: number; id: number; values: number[] }>()
  for (const [offset, { id, value, timeMs }] of rows.entries()) {
    const sensor = pseudonymizer.pseudonym(id)
    await client.query('insert into telemetry.raw_events values ($1, $2, $3, null, 0, $4)', [
      new Date(timeMs),
      sensor,
      value,
      offset,
    ])
    const start = Math.floor(timeMs / 60_000) * 60_000
    const window = windows.get(`${start} ${id}`) ?? { start, id: sensor, values: [] }
    windows.set(`${start} ${id}`, window)
    window.values.push(value)
  }
  for (const { start, id, values } of windows.values()) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const row = [
      new Date(start),
      new Date(start + 60_000),
      id,
      values.length,
      mean,
      Math.min(...values),
      Math.max(...values),
    ]
    await client.query('insert into telemetry.agg_1min values ($1, $2, $3, $4, $5, $6, $7)', row)
  }
}
