import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { build, type Options } from 'tsup'
import { spoiled } from './vitest.preset.ts'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * Builds programs from the sources of all packages, by the name that each gets in the folder, so that tests start the real thing as a process
 * without a build of the packages before, and quickly. What comes from npm stays outside, by the path at which the package that imports it finds it.
 */
export async function bundlePrograms(entry: Record<string, string>, outDir: string): Promise<void> {
  await build({
    entry,
    outDir,
    format: ['esm'],
    target: 'node20',
    config: false,
    silent: true,
    clean: false,
    dts: false,
    sourcemap: 'inline',
    noExternal: [/.*/],
    esbuildPlugins: [npmPackagesOutside, sources],
    esbuildOptions(options) {
      options.conditions = ['@rtp/source']
    },
  })
}

const npmPackagesOutside: Plugin = {
  name: 'npm-packages-outside',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^[^./]/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === 'resolving' || path.startsWith('node:') || path.startsWith('@rtp/')) return undefined
      const found = await esbuild.resolve(path, { resolveDir, kind, pluginData: 'resolving' })
      return found.errors.length > 0 ? { path, external: true } : { path: found.path, external: true }
    })
  },
}

/** A module that looks for something beside itself finds it as if it had not been bundled. Planted bugs are in it. */
const sources: Plugin = {
  name: 'sources',
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const written = await readFile(path, 'utf8')
      const source = spoiled(written, path) ?? written
      const contents = source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
      return { contents, loader: 'ts' }
    })
  },
}
