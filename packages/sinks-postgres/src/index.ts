export type { CheckpointOptions } from './checkpoints/postgres-checkpoints.ts'
export {
  type Column,
  type Columns,
  type RecordMarker,
  recordOffset,
  recordPartition,
  recordTime,
} from './columns/column.ts'
export {
  arrayOf,
  asText,
  bool,
  bytea,
  date,
  float4,
  float8,
  int2,
  int4,
  int8,
  type JsonOptions,
  json,
  jsonb,
  numeric,
  type ScalarValues,
  text,
  timestamp,
  timestamptz,
  uuid,
  varchar,
} from './columns/column-functions.ts'
export type { Waiting, WaitOptions } from './connection/connect.ts'
export { type PostgresErrorCode, PostgresFailure } from './errors.ts'
export type { Migration, MigrationOptions } from './migrations/migrate.ts'
export type { PostgresOptions } from './options.ts'
export { type PostgresDatabase, postgres } from './postgres.ts'
export type { UpsertOptions } from './sinks/keyed-sink.ts'
