import type { Migration } from '../migrations/migrate.ts'
import { quoteIdentifier } from '../sql-identifier.ts'

/** Names of the store's tables, quoted. */
export interface CheckpointTables {
  readonly tasks: string
  readonly snapshots: string
  /** The last checkpoints of each task. */
  readonly kept: string
  /** A sequence: numbers of checkpoints. */
  readonly numbers: string
}

export function checkpointTables(schema: string): CheckpointTables {
  const quoted = quoteIdentifier(schema)
  return {
    tasks: `${quoted}.checkpoint_tasks`,
    snapshots: `${quoted}.checkpoint_snapshots`,
    kept: `${quoted}.checkpoints_kept`,
    numbers: `${quoted}.checkpoint_numbers`,
  }
}

/** Under which name the store's migrations are recorded. */
export const CHECKPOINT_MIGRATIONS = 'checkpoints'

/**
 * The format of the store: a further version is a further migration, and a store that finds one it does not know refuses to open.
 *
 * Tasks are updated at every checkpoint, so their pages keep room for new versions of rows (HOT). Snapshots are never compressed by the
 * server, come and go, and are keyed by epoch too, so that the rows of a fenced owner never stand in the way of its heir's.
 */
export function checkpointMigrations(schema: string): readonly Migration[] {
  const { tasks, snapshots, kept, numbers } = checkpointTables(schema)
  return [
    {
      id: '001-tasks-and-snapshots',
      sql: `
        CREATE TABLE ${tasks} (
          job text,
          task text,
          epoch bigint NOT NULL,
          sequence bigint NOT NULL,
          positions text NOT NULL,
          layout text,
          updated_at timestamptz NOT NULL,
          PRIMARY KEY (job, task)
        ) WITH (fillfactor = 50);
        CREATE TABLE ${snapshots} (
          job text,
          task text,
          sequence bigint,
          epoch bigint,
          part integer,
          is_full boolean NOT NULL,
          bytes bytea NOT NULL,
          PRIMARY KEY (job, task, sequence, epoch, part)
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
        ALTER TABLE ${snapshots} ALTER COLUMN bytes SET STORAGE EXTERNAL;`,
    },
    {
      // The base of a checkpoint is the sequence of the oldest snapshot that it needs.
      id: '002-kept-checkpoints',
      sql: `
        ALTER TABLE ${tasks} ADD COLUMN base bigint;
        UPDATE ${tasks} t SET base = coalesce((SELECT max(s.sequence) FROM ${snapshots} s
          WHERE s.job = t.job AND s.task = t.task AND s.is_full), t.sequence) WHERE t.sequence > 0;
        CREATE SEQUENCE ${numbers};
        CREATE TABLE ${kept} (
          job text,
          task text,
          sequence bigint,
          epoch bigint,
          base bigint NOT NULL,
          number bigint NOT NULL,
          positions text NOT NULL,
          layout text,
          committed_at timestamptz NOT NULL,
          PRIMARY KEY (job, task, sequence, epoch)
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
        INSERT INTO ${kept} SELECT job, task, sequence, epoch, base, nextval('${numbers.replaceAll("'", "''")}'), positions, layout, updated_at
          FROM ${tasks} WHERE sequence > 0;`,
    },
    {
      // Of rows from before, both are unknown.
      id: '003-checksums',
      sql: `ALTER TABLE ${snapshots} ADD COLUMN parts integer, ADD COLUMN crc32 bigint;`,
    },
  ]
}
