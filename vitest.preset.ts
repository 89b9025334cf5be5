import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config'

/**
 * Vite adds `import` or `require` and `default` itself. Naming them here would hand them to Node as well, and `require()` would then be given
 * the ES module of a package that has both.
 */
const conditions = ['@rtp/source', 'node', 'development|production']

/** Tests run against the packages' sources, so that no build stands between an edit and its test. */
export const preset = defineConfig({
  plugins: plantedBug(),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Where vitest runs global set-up files.
  environments: { __vitest__: { resolve: { conditions } } },
  // The time limits find what hangs; a busy machine takes its time.
  test: {
    include: ['test/**/*.test.ts'],
    passWithNoTests: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    ...reporting(),
  },
})

/** For packages with properties: how often each runs, and from which seed. */
export const properties = defineConfig({
  test: { setupFiles: [fileURLToPath(new URL('./properties.preset.ts', import.meta.url))] },
})

/** The preset for packages whose tests need servers: started once a run, or those that the root's test script has started. */
export function withServers(...servers: ('kafka' | 'postgres')[]): ViteUserConfig {
  const globalSetup = servers.map(server =>
    fileURLToPath(new URL(`./packages/test-servers/src/${server}-setup.ts`, import.meta.url)),
  )
  return mergeConfig(preset, defineConfig({ test: { globalSetup } }))
}

/** Besides what is printed, a report that the root's test script sums up, when it has named a folder for it. */
export function reporting(): { reporters?: ['default', [string, { folder: string; name: string }]] } {
  const folder = process.env['RTP_TEST_REPORTS']
  const name = process.env['npm_package_name']?.replace('@rtp/', '')
  if (!folder || !name) return {}
  const reporter = fileURLToPath(new URL('./scripts/test-reporter.mjs', import.meta.url))
  return { reporters: ['default', [reporter, { folder, name }]] }
}

/** The source as `pnpm planted-bugs` spoils it: one piece of text in one file is another, to see which test finds out. */
function plantedBug(): { name: string; enforce: 'pre'; transform(code: string, id: string): string | undefined }[] {
  if (!process.env['RTP_PLANTED_BUG']) return []
  return [{ name: 'planted-bug', enforce: 'pre', transform: (code, id) => spoiled(code, id.split('?')[0]!) }]
}

/** The text of a file as `pnpm planted-bugs` spoils it; undefined when it is left alone. */
export function spoiled(code: string, path: string): string | undefined {
  const text = process.env['RTP_PLANTED_BUG']
  if (!text) return undefined
  const { file, from, to } = JSON.parse(text) as { file: string; from: string; to: string }
  return path.endsWith(file) ? code.replace(from, () => to) : undefined
}
