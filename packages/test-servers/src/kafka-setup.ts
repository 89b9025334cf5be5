import type { TestProject } from 'vitest/node'
import { embeddedKafka } from './embedded-kafka.ts'
import { addressOf } from './handed-over.ts'
import './provided.ts'
import { realKafka } from './real-kafka.ts'

/** Vitest's global set-up of packages that need brokers: starts them once a run and hands their addresses to the tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const real = await realKafka()
  const embedded = await embeddedKafka()
  project.provide('rtpEmbeddedKafka', addressOf(embedded))
  project.provide('rtpRealKafka', 'skipped' in real ? real : addressOf(real))
  return async () => {
    await embedded.stop()
    if (!('skipped' in real)) await real.stop()
  }
}
