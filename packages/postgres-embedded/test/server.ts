import { onTestFinished } from 'vitest'
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from '../src/index.ts'

/** Starts a server that is stopped after the test. */
export async function start(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres(options)
  onTestFinished(() => server.stop())
  return server
}
