import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import { withServers } from '../../vitest.preset.ts'

const globalSetup = [fileURLToPath(new URL('./test/program/program-setup.ts', import.meta.url))]

export default mergeConfig(
  withServers('kafka', 'postgres'),
  defineConfig({ test: { globalSetup, testTimeout: 120_000 } }),
)
