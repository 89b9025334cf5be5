import { defineConfig, mergeConfig } from 'vitest/config'
import { preset } from '../../vitest.preset.ts'

// Every test starts a server or two: 0.6 s on a quiet machine.
export default mergeConfig(preset, defineConfig({ test: { testTimeout: 60_000 } }))
