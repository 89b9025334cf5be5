import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bundleProgram } from './bundle.ts'
import './provided.ts'

/** Vitest's global set-up: builds the program once a run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const program = await bundleProgram()
  project.provide('telemetryProgram', program)
  return () => rm(dirname(program), { recursive: true, force: true })
}
