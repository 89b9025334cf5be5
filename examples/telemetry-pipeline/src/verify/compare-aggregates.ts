import type { Client } from 'pg'
import type { PipelineConfig } from '../config/pipeline-config.ts'

export interface AggregateDifferences {
  /** Windows whose row has another count, end, minimum, maximum or mean. */
  readonly wrongAggregates: number
  readonly missingAggregates: number
  readonly extraAggregates: number
  /** Records that came too late for their window, and rightly are in no aggregate. */
  readonly lateRecords: number
  readonly findings: readonly string[]
}

/**
 * Compares telemetry.agg_1min with what SQL computes from `expected_rows`. Two rows are equal when count, window end, minimum and maximum
 * are identical and the means agree within 1e-9 relative.
 */
export async function compareAggregates(client: Client, config: PipelineConfig): Promise<AggregateDifferences> {
  const { minutes } = config.window
  const lateRecords = await findLateRows(client, config)
  // Records that were too late count nowhere, so the expectation is made without them.
  const source =
    lateRecords === 0 ? 'expected_rows' : `(select ${ROW} from expected_rows except all select ${ROW} from late_rows)`
  // sum() of float8 where avg() would do: avg() fails on values above 1e154, whose squares it adds up unasked. The factor, a power of two,
  // keeps the sum itself in range and costs no precision. PostgreSQL refuses a product or quotient that is too small for a double, so what
  // would come near that counts as zero; MEANS_AGREE leaves room for it.
  await client.query(
    `create temp table expected_minutes as
     select window_start, window_start + make_interval(mins => ${minutes}) as window_end, sensor_id, count(*) as cnt,
       case when abs(sum(scaled)) < 1e-307 then 0 else sum(scaled) / count(*) * ${SCALE_UP} end as avg_value,
       min(value) as min_value, max(value) as max_value
     from (select date_bin(make_interval(mins => ${minutes}), event_time, timestamptz 'epoch') as window_start, sensor_id, value,
             case when abs(value) < 1e-300 then 0 else value * ${SCALE_DOWN} end as scaled
           from ${source} as on_time (event_time, sensor_id, value)) binned
     group by window_start, sensor_id`,
  )
  await client.query('analyze expected_minutes')
  const exact = 'window_start, window_end, sensor_id, cnt, min_value, max_value'
  await client.query(
    `create temp table differing_minutes as
     select window_start, sensor_id from (select ${exact} from expected_minutes except all select ${exact} from telemetry.agg_1min) missing
     union select window_start, sensor_id from (select ${exact} from telemetry.agg_1min except all select ${exact} from expected_minutes) extra
     union select window_start, sensor_id from expected_minutes e join telemetry.agg_1min a using (window_start, sensor_id)
       where not ${MEANS_AGREE}`,
  )
  const { rows } = await client.query<Differing>(`
    select ${KIND} as kind, count(*) over (partition by ${KIND}) as count,
      row_number() over (partition by ${KIND} order by window_start, sensor_id) as number,
      window_start::text, sensor_id::text,
      concat_ws(' ', e.window_end, e.cnt, e.avg_value, e.min_value, e.max_value) as expected,
      concat_ws(' ', a.window_end, a.cnt, a.avg_value, a.min_value, a.max_value) as found
    from differing_minutes left join expected_minutes e using (window_start, sensor_id)
      left join telemetry.agg_1min a using (window_start, sensor_id)
    order by number limit 9`)
  const count = (kind: Differing['kind']) => Number(rows.find(row => row.kind === kind)?.count ?? 0)
  return {
    wrongAggregates: count('wrong'),
    missingAggregates: count('missing'),
    extraAggregates: count('extra'),
    lateRecords,
    findings: (['wrong', 'missing', 'extra'] as const).flatMap(kind => describe(rows.filter(row => row.kind === kind))),
  }
}

interface Differing {
  readonly kind: 'wrong' | 'missing' | 'extra'
  readonly count: string
  readonly window_start: string
  readonly sensor_id: string
  readonly expected: string
  readonly found: string
}

const ROW = 'event_time, sensor_id, value'
/** 2^-20 and 2^20: a window may hold a million of the largest doubles. */
const SCALE_DOWN = '9.5367431640625e-7::float8'
const SCALE_UP = '1048576::float8'
const KIND = `case when a.window_start is null then 'missing' when e.window_start is null then 'extra' else 'wrong' end`

/**
 * 1e-9 relative; or, where large values cancel each other out and the mean is tiny, the bound of the rounding error of two summations in
 * different order: n * 2^-53 * max |value| each (Higham, Accuracy and Stability of Numerical Algorithms, 4.2). Only what is expected bounds the
 * difference, so that a mean of Infinity or NaN never agrees. Means below 1e-290 are compared to within 1e-299.
 */
const MEANS_AGREE = `coalesce(abs(a.avg_value - e.avg_value) <= greatest(
  1e-9 * greatest(abs(e.avg_value), 1e-290),
  2 * e.cnt * 1.2e-16 * greatest(abs(e.min_value), abs(e.max_value), 1e-290)), false)`

/**
 * Puts the rows that came too late for their window into `late_rows` and counts them. The job's own list says which they are; each is
 * believed only where the order on the topic proves it: an earlier record of its partition had moved the watermark past the window's end
 * and the allowed lateness.
 */
async function findLateRows(client: Client, { window, watermark }: PipelineConfig): Promise<number> {
  const { rows } = await client.query<{ count: string }>('select count(*) from telemetry.late_records')
  if (Number(rows[0]?.count ?? 0) === 0) return 0
  await client.query(
    `create temp table late_rows as
     select r.event_time, r.sensor_id, r.value
     from (select *, max(event_time) over (partition by kafka_partition order by kafka_offset
             rows between unbounded preceding and 1 preceding) as latest from telemetry.raw_events) r
       join (select distinct kafka_partition, kafka_offset from telemetry.late_records) l using (kafka_partition, kafka_offset)
     where r.latest - $1::interval >= date_bin(make_interval(mins => ${window.minutes}), r.event_time, timestamptz 'epoch')
       + make_interval(mins => ${window.minutes}) + $2::interval`,
    [`${watermark.outOfOrderSeconds} seconds`, `${window.allowedLatenessMinutes} minutes`],
  )
  const late = await client.query<{ count: string }>('select count(*) from late_rows')
  return Number(late.rows[0]?.count ?? 0)
}

const DESCRIPTIONS = {
  wrong: 'rows of telemetry.agg_1min are wrong',
  missing: 'rows are missing in telemetry.agg_1min',
  extra: 'rows of telemetry.agg_1min should not be there',
}

function describe(rows: readonly Differing[]): string[] {
  const [first] = rows
  if (first === undefined) return []
  const examples = rows.slice(0, 3).map(({ window_start, sensor_id, expected, found }) => {
    const values = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(', ')
    return `${window_start} sensor ${sensor_id} (end count mean min max: ${values})`
  })
  return [`${first.count} ${DESCRIPTIONS[first.kind]}, e.g. ${examples.join('; ')}`]
}
