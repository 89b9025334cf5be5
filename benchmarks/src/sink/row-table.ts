import pg from 'pg'
import type { Row } from './row.ts'

export const ROW_TABLE = 'bench_rows'
export const ROW_COLUMNS = 'event_time, sensor_id, value, payload, kafka_partition, kafka_offset'

/**
 * Calls back with a connection beside a table that is new, so that no contender meets the vacuum, the checkpoint or the bloat of those before it.
 * What is in the table afterwards must be the rows given.
 */
export async function withRowTable<R>(
  url: string,
  rows: readonly Row[],
  fill: (client: pg.Client) => Promise<R>,
): Promise<R> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`drop table if exists ${ROW_TABLE}`)
    await client.query(
      `create table ${ROW_TABLE} (event_time timestamptz not null, sensor_id bigint not null, value double precision not null,
        payload jsonb, kafka_partition int not null, kafka_offset bigint not null) with (autovacuum_enabled = false)`,
    )
    await client.query('checkpoint')
    const filled = await fill(client)
    await check(client, rows)
    return filled
  } finally {
    await client.end()
  }
}

async function check(client: pg.Client, rows: readonly Row[]): Promise<void> {
  const { rows: found } = await client.query<{ digest: string }>(
    `select concat_ws(' ', count(*), count(payload), sum((payload->>'seq')::bigint), sum(sensor_id),
      sum(round(value * 1000)::bigint), sum(extract(epoch from event_time) * 1000)::bigint, sum(kafka_partition), sum(kafka_offset)) as digest
      from ${ROW_TABLE}`,
  )
  const expected = digest(rows)
  if (found[0]?.digest !== expected) throw new Error(`the table holds ${found[0]?.digest}, given were ${expected}`)
}

function digest(rows: readonly Row[]): string {
  const withPayload = rows.filter(({ payload }) => payload !== null)
  const seq = (payload: string | null) => (JSON.parse(payload!) as { seq: number }).seq
  const sums = [
    sum(withPayload, ({ payload }) => seq(payload)),
    sum(rows, ({ sensorId }) => sensorId),
    sum(rows, ({ value }) => Math.round(value * 1000)),
    sum(rows, ({ eventTime }) => eventTime),
    sum(rows, ({ partition }) => partition),
    sum(rows, ({ offset }) => offset),
  ]
  return [rows.length, withPayload.length, ...sums].join(' ')
}

/** Exact: these sums leave the safe integers. */
function sum(rows: readonly Row[], of: (row: Row) => number): bigint {
  return rows.reduce((total, row) => total + BigInt(of(row)), 0n)
}
