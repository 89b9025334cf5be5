import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Options } from 'tsup'

const EXAMPLE = fileURLToPath(new URL('../../', import.meta.url))

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * Builds the program from the sources of all packages into one file and returns its path, so that tests start the real thing as a process
 * without a build of the packages before. What comes from npm stays outside, by the path at which the package that imports it finds it.
 */
export async function bundleProgram(): Promise<string> {
  // A folder of its own: two runs at the same time would take the file from under each other.
  const outDir = join(EXAMPLE, '.data', `test-program-${process.pid}`)
  await build({
    entry: [join(EXAMPLE, 'src/main.ts')],
    outDir,
    format: ['esm'],
    target: 'node20',
    config: false,
    silent: true,
    clean: false,
    dts: false,
    sourcemap: 'inline',
    noExternal: [/.*/],
    esbuildPlugins: [npmPackagesOutside, ownAddresses],
    esbuildOptions(options) {
      options.conditions = ['@rtp/source']
    },
  })
  return join(outDir, 'main.js')
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

/** A module that looks for something beside itself finds it as if it had not been bundled. */
const ownAddresses: Plugin = {
  name: 'own-addresses',
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!source.includes('import.meta.url')) return undefined
      const contents = source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
      return { contents, loader: 'ts' }
    })
  },
}
