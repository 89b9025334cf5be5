import type { TestProject } from 'vitest/node'
import { postgres } from './postgres.ts'
import './provided.ts'

/** Vitest's global set-up of packages that need a database server: starts one a run and hands its address to the tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await postgres()
  project.provide('rtpPostgres', server.url)
  return () => server.stop()
}
