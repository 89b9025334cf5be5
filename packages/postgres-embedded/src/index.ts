export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './errors.ts'
export { type EmbeddedPostgres, type PostgresOptions, startPostgres } from './start-postgres.ts'
