import { defineConfig } from 'vitest/config'
import { reporting } from './vitest.preset.ts'

/** The workspace's own tests; every package brings its own configuration. */
export default defineConfig({
  test: { include: ['scripts/test/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, ...reporting() },
})
