import { StreamError } from '@rtp/stream-core/extend'
import type { Client } from 'pg'

/** Schema of the tables that the pipeline fills; the job keeps its checkpoints in `JOB_SCHEMA`. */
export const TABLES_SCHEMA = 'telemetry'
export const JOB_SCHEMA = 'telemetry_job'

/**
 * Brings the tables to the newest version. Each step runs once, in a transaction of its own; processes that start together wait for each
 * other. Errors: `SCHEMA_NEWER` when a newer program was here, and those of the database.
 */
export async function migrate(client: Client): Promise<void> {
  await client.query('begin')
  try {
    // create schema if not exists is no protection against a second session that does the same at that moment.
    await client.query('select pg_advisory_xact_lock(hashtext($1))', ['rtp telemetry migrations'])
    await client.query(`create schema if not exists ${TABLES_SCHEMA}`)
    await client.query(
      `create table if not exists ${TABLES_SCHEMA}.migrations (version int primary key, name text not null, at timestamptz not null default now())`,
    )
    const { rows } = await client.query<{ version: number | null }>(
      `select max(version) as version from ${TABLES_SCHEMA}.migrations`,
    )
    const current = rows[0]?.version ?? 0
    if (current > MIGRATIONS.length) {
      throw new StreamError(
        'SCHEMA_NEWER',
        `the tables of schema ${TABLES_SCHEMA} have version ${current}, this program knows ${MIGRATIONS.length}. Use the newer program, or an empty database.`,
      )
    }
    for (const [index, { name, sql }] of MIGRATIONS.entries()) {
      if (index < current) continue
      await client.query(sql)
      await client.query(`insert into ${TABLES_SCHEMA}.migrations (version, name) values ($1, $2)`, [index + 1, name])
    }
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => undefined)
    throw cause
  }
}

/** Only ever appended to: what has run somewhere stays as it is. */
const MIGRATIONS: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'raw events, one-minute aggregates, dead letters, late records',
    // No unique index on raw_events: duplicates of (event_time, sensor_id) are readings, and exactly-once does not come from an index.
    // fillfactor leaves room on a page, so that a late reading's update of its minute touches no index.
    sql: `
      create table telemetry.raw_events (
        event_time timestamptz not null,
        sensor_id bigint not null,
        value double precision not null,
        payload jsonb,
        kafka_partition int not null,
        kafka_offset bigint not null
      );
      create index raw_events_event_time on telemetry.raw_events using brin (event_time);
      create table telemetry.agg_1min (
        window_start timestamptz not null,
        window_end timestamptz not null,
        sensor_id bigint not null,
        cnt bigint not null,
        avg_value double precision not null,
        min_value double precision not null,
        max_value double precision not null,
        primary key (window_start, sensor_id)
      ) with (fillfactor = 80);
      create table telemetry.dead_letters (
        topic text not null,
        kafka_partition int not null,
        kafka_offset bigint not null,
        reason text not null,
        detail text not null,
        payload bytea,
        at timestamptz not null default now()
      );
      create table telemetry.late_records (
        kafka_partition int not null,
        kafka_offset bigint not null,
        event_time timestamptz not null,
        sensor_id bigint not null,
        late_by_ms bigint not null
      );
    `,
  },
]
