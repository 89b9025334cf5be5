import { defineConfig } from 'vitest/config'

/** Tests run against the packages' sources, so that no build stands between an edit and its test. */
export const preset = defineConfig({
  ssr: { resolve: { conditions: ['@rtp/source', 'module', 'node', 'import', 'default'] } },
  resolve: { conditions: ['@rtp/source', 'module', 'node', 'import', 'default'] },
  test: { include: ['test/**/*.test.ts'], passWithNoTests: false },
})
