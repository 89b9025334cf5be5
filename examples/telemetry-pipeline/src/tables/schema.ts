import type { Migration, PostgresDatabase } from '@rtp/sinks-postgres'

/** Schema of the job's own tables: its checkpoints, and which migrations were applied. The results are in schema `telemetry`. */
export const JOB_SCHEMA = 'telemetry_job'

/** Brings the tables of the results to the newest version; processes that start together wait for each other. */
export async function migrateTables(db: PostgresDatabase): Promise<void> {
  await db.migrate(MIGRATIONS, { schema: JOB_SCHEMA, set: 'telemetry tables' })
}

/** Makes the tables of the results where they are missing. Only ever appended to: what has run somewhere stays as it is. */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: '001-tables',
    // No unique index on raw_events: duplicates of (event_time, sensor_id) are readings, and exactly-once does not come from an index.
    // fillfactor leaves room on a page, so that a late reading's update of its minute touches no index.
    sql: `
      do $$ begin
        -- IF NOT EXISTS would demand the right to create schemas even where there is nothing to create.
        if to_regnamespace('telemetry') is null then create schema telemetry; end if;
      end $$;
      create table if not exists telemetry.raw_events (
        event_time timestamptz not null,
        sensor_id bigint not null,
        value double precision not null,
        payload jsonb,
        kafka_partition int not null,
        kafka_offset bigint not null
      );
      create index if not exists raw_events_event_time on telemetry.raw_events using brin (event_time);
      create table if not exists telemetry.agg_1min (
        window_start timestamptz not null,
        window_end timestamptz not null,
        sensor_id bigint not null,
        cnt bigint not null,
        avg_value double precision not null,
        min_value double precision not null,
        max_value double precision not null,
        primary key (window_start, sensor_id)
      ) with (fillfactor = 80);
      create table if not exists telemetry.dead_letters (
        topic text not null,
        kafka_partition int not null,
        kafka_offset bigint not null,
        reason text not null,
        detail text not null,
        payload bytea,
        at timestamptz not null default now()
      );
      create table if not exists telemetry.late_records (
        kafka_partition int not null,
        kafka_offset bigint not null,
        event_time timestamptz not null,
        sensor_id bigint not null,
        late_by_ms bigint not null
      );
    `,
  },
]
