import type { Client } from 'pg'

export interface RowDifferences {
  /** Rows of the CSV that raw_events does not hold, duplicates counted. */
  readonly missingRows: number
  /** Rows of raw_events that the CSV does not hold. */
  readonly extraRows: number
  /** Places on the topic that stand more than once in raw_events and dead_letters. */
  readonly repeatedPositions: number
  /** What differs, in words, with a few examples each. */
  readonly findings: readonly string[]
}

/** Compares `expected_rows` with telemetry.raw_events as multisets of (event_time, sensor_id, value), in both directions. */
export async function compareRows(client: Client): Promise<RowDifferences> {
  const findings: string[] = []
  const missingRows = await difference(
    client,
    EXPECTED,
    ACTUAL,
    'rows of the CSV are not in telemetry.raw_events',
    findings,
  )
  const extraRows = await difference(
    client,
    ACTUAL,
    EXPECTED,
    'rows of telemetry.raw_events are not in the CSV',
    findings,
  )
  const { rows: repeated } = await client.query<{ partition: number; offset: string; times: string }>(`
    select kafka_partition as partition, kafka_offset as offset, count(*) as times
    from (select kafka_partition, kafka_offset from telemetry.raw_events
          union all select kafka_partition, kafka_offset from telemetry.dead_letters) places
    group by kafka_partition, kafka_offset having count(*) > 1`)
  if (repeated.length > 0) {
    const examples = repeated
      .slice(0, 3)
      .map(({ partition, offset, times }) => `partition ${partition} offset ${offset}: ${times} times`)
    findings.push(`${repeated.length} places on the topic were written more than once, e.g. ${examples.join('; ')}`)
  }
  return { missingRows, extraRows, repeatedPositions: repeated.length, findings }
}

const EXPECTED = 'expected_rows'
const ACTUAL = 'telemetry.raw_events'
const COLUMNS = 'event_time, sensor_id, value'

async function difference(client: Client, of: string, less: string, what: string, findings: string[]): Promise<number> {
  await client.query(
    `create temp table differing_rows as select ${COLUMNS} from ${of} except all select ${COLUMNS} from ${less}`,
  )
  const { rows } = await client.query<{ count: string; event_time: string; sensor_id: string; value: string }>(`
    select count(*) over () as count, event_time::text, sensor_id::text, value::text
    from differing_rows order by 2, 3, 4 limit 3`)
  await client.query('drop table differing_rows')
  const count = Number(rows[0]?.count ?? 0)
  if (count > 0) {
    const examples = rows.map(row => `(${row.event_time}, sensor ${row.sensor_id}, value ${row.value})`)
    findings.push(`${count} ${what}, e.g. ${examples.join(', ')}`)
  }
  return count
}
