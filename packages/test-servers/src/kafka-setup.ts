import type { TestProject } from 'vitest/node'
import { embeddedKafka } from './embedded-kafka.ts'
import { writable } from './handed-over.ts'
import './provided.ts'
import { realKafka } from './real-kafka.ts'

/** Vitest's global set-up of packages that need brokers: starts them once a run and hands their addresses to the tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [embedded, real] = await Promise.all([embeddedKafka(), realKafka()])
  project.provide('rtpEmbeddedKafka', writable(embedded))
  project.provide('rtpRealKafka', writable(real))
  return async () => {
    for (const broker of [embedded, real]) if (!('skipped' in broker)) await broker.stop()
  }
}
