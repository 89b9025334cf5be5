import { defineConfig } from 'vitest/config'

/**
 * Vite adds `import` or `require` and `default` itself. Naming them here would hand them to Node as well, and `require()` would then be given
 * the ES module of a package that has both.
 */
const conditions = ['@rtp/source', 'node', 'development|production']

/** Tests run against the packages' sources, so that no build stands between an edit and its test. */
export const preset = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['test/**/*.test.ts'], passWithNoTests: false },
})
