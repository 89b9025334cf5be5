import type pg from 'pg'
import { copy } from './copy.ts'
import { type Row, TRANSACTION_ROWS } from './row.ts'
import { ROW_COLUMNS, ROW_TABLE } from './row-table.ts'

/** COPY text as it is usually written: a line per row, the lines of a transaction in one piece. */
export async function copyTextByHand(client: pg.Client, rows: readonly Row[]): Promise<void> {
  let underWay: Promise<void> = Promise.resolve()
  for (let first = 0; first < rows.length; first += TRANSACTION_ROWS) {
    const bytes = Buffer.from(
      rows
        .slice(first, first + TRANSACTION_ROWS)
        .map(toLine)
        .join(''),
    )
    await underWay
    underWay = copy(client, `copy ${ROW_TABLE} (${ROW_COLUMNS}) from stdin`, bytes)
  }
  await underWay
}

function toLine({ eventTime, sensorId, value, payload, partition, offset }: Row): string {
  const json = payload === null ? '\\N' : payload.replaceAll('\\', '\\\\')
  return `${new Date(eventTime).toISOString()}\t${sensorId}\t${value}\t${json}\t${partition}\t${offset}\n`
}
