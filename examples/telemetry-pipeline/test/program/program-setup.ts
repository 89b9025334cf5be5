import type { TestProject } from 'vitest/node'
import { bundleProgram } from './bundle.ts'
import './provided.ts'

/** Vitest's global set-up: builds the program once a run. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('telemetryProgram', await bundleProgram())
}
