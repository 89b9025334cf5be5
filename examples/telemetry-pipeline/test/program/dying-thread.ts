import { defineThread } from '@rtp/stream-core/threads'
import type { Settings } from '../../src/cli/settings.ts'
import { startHere } from '../../src/stages/telemetry-job.ts'

export interface DyingSettings {
  readonly settings: Settings
  /** Deaths that are left, in memory that all threads share. */
  readonly deaths: Int32Array
  /** How long a life with a death may last. */
  readonly longestLifeMs: number
}

/** The job in a thread that dies at a moment of chance, as long as there are deaths left. */
export const thread = defineThread<DyingSettings>(({ data: { settings, deaths, longestLifeMs }, logger }) => {
  if (Atomics.sub(deaths, 0, 1) > 0) setTimeout(die, Math.random() * longestLifeMs)
  return startHere(settings, undefined, logger)
})

function die(): void {
  if (Math.random() < 0.5) process.exit(7)
  throw new Error('a fault that nobody caught')
}
