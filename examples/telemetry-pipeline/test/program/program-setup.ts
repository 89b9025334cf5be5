import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { bundlePrograms } from '../../../../bundle.preset.ts'
import './provided.ts'

/** Vitest's global set-up: builds the program once a run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const example = fileURLToPath(new URL('../../', import.meta.url))
  // A folder of its own: two runs at the same time would take the file from under each other.
  const folder = join(example, '.data', `test-program-${process.pid}`)
  await bundlePrograms({ main: join(example, 'src/main.ts') }, folder)
  project.provide('telemetryProgram', join(folder, 'main.js'))
  return () => rm(folder, { recursive: true, force: true })
}
