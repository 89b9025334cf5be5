import type pg from 'pg'
import { copy } from './copy.ts'
import { COPY_ROWS_BINARY, encodeRows, newBuffer } from './copy-binary-by-hand.ts'
import { type Row, TRANSACTION_ROWS } from './row.ts'
import { STATE, WINDOW_TABLE, windowsOf } from './window-result.ts'

/** The same checkpoint, written for these tables alone: COPY, upserts by unnest, the state and the compare-and-set of the position. */
export async function wholeCheckpointByHand(client: pg.Client, rows: readonly Row[]): Promise<void> {
  const buffers = [newBuffer(), newBuffer()]
  let underWay: Promise<void> = Promise.resolve()
  for (let first = 0, turn = 0; first < rows.length; first += TRANSACTION_ROWS, turn ^= 1) {
    const bytes = encodeRows(rows, first, Math.min(rows.length, first + TRANSACTION_ROWS), buffers[turn]!)
    await underWay
    underWay = commit(client, bytes, first)
  }
  await underWay
}

/** Where the job stands, and its state. */
export const POSITION_TABLE = 'bench_position'

async function commit(client: pg.Client, bytes: Buffer, position: number): Promise<void> {
  await copy(client, `begin; ${COPY_ROWS_BINARY}`, bytes)
  const windows = windowsOf(position / TRANSACTION_ROWS)
  // Sent one behind the other: pg queues them, and only the last answer is waited for.
  const upserted = client.query({
    name: 'upsert',
    text: `insert into ${WINDOW_TABLE} (sensor_id, window_start, count, mean)
      select s, to_timestamp(w / 1000.0), c, m from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::float8[]) as x (s, w, c, m)
      on conflict (sensor_id, window_start) do update set count = excluded.count, mean = excluded.mean`,
    values: [
      windows.map(({ sensorId }) => sensorId),
      windows.map(({ windowStart }) => windowStart),
      windows.map(({ count }) => count),
      windows.map(({ mean }) => mean),
    ],
  })
  const moved = client.query({
    name: 'move',
    text: `update ${POSITION_TABLE} set position = $1, state = $2 where position = $3`,
    values: [position + TRANSACTION_ROWS, STATE, position],
  })
  await upserted
  const { rowCount } = await moved
  if (rowCount !== 1) throw new Error(`somebody else has moved the position from ${position}`)
  await client.query('commit')
}
