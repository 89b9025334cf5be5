import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import { properties, withServers } from '../../vitest.preset.ts'

const globalSetup = [fileURLToPath(new URL('./test/program/program-setup.ts', import.meta.url))]

export default mergeConfig(
  mergeConfig(withServers('kafka', 'postgres'), properties),
  defineConfig({ test: { globalSetup, testTimeout: 120_000 } }),
)
