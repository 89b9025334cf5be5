import { defineConfig, mergeConfig } from 'vitest/config'
import { propertyRuns } from '../../runs.preset.ts'
import { preset, properties } from '../../vitest.preset.ts'

// A property takes as long as it has cases.
const testTimeout = 20 * propertyRuns()

export default mergeConfig(mergeConfig(preset, properties), defineConfig({ test: { testTimeout } }))
