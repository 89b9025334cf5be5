import { defineConfig, mergeConfig } from 'vitest/config'
import { preset } from '../../vitest.preset.ts'
import { RUNS } from './test/property-runs.ts'

// A property takes as long as it has cases.
export default mergeConfig(preset, defineConfig({ test: { testTimeout: 20 * Math.max(RUNS, 1000) } }))
