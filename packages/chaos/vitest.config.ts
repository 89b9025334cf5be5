import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import { withServers } from '../../vitest.preset.ts'

const globalSetup = [fileURLToPath(new URL('./test/crash-points/crash-setup.ts', import.meta.url))]

export default mergeConfig(withServers('kafka', 'postgres'), defineConfig({ test: { globalSetup } }))
