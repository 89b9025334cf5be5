import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { bundlePrograms } from '../../../../bundle.preset.ts'
import './provided.ts'

/** Vitest's global set-up: builds the job and what kills it, in one go, so that both mean the same stream-core. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chaos = fileURLToPath(new URL('../../', import.meta.url))
  const folder = join(chaos, '.data', `crash-programs-${process.pid}`)
  await bundlePrograms(
    {
      'counting-job': join(chaos, 'test/programs/counting-job.ts'),
      'crash-at': join(chaos, 'src/crash-at.ts'),
    },
    folder,
  )
  project.provide('crashPrograms', folder)
  return () => rm(folder, { recursive: true, force: true })
}
