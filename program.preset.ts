import { fileURLToPath } from 'node:url'

/**
 * Arguments with which `process.execPath` runs a TypeScript file as a process of its own, on the packages' sources: for tests that kill it.
 *
 * `spawn(process.execPath, programArguments(new URL('./program.ts', import.meta.url), 'argument'))`
 */
export function programArguments(program: URL, ...args: string[]): string[] {
  return [...sourceArguments(), fileURLToPath(program), ...args]
}

/** Options with which Node, and a worker thread, runs TypeScript on the packages' sources. */
export function sourceArguments(): string[] {
  const hooks = new URL('./scripts/typescript-hooks.mjs', import.meta.url)
  return ['--conditions=@rtp/source', '--import', hooks.href]
}

/**
 * Makes one file of each module and all that it imports from the packages' sources, in `folder`: for modules that a test loads in many threads, which would
 * each take a second for the sources file by file.
 */
export async function bundleModules(modules: readonly URL[], folder: string): Promise<void> {
  const { build } = await import('esbuild')
  await build({
    entryPoints: modules.map(module => fileURLToPath(module)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@rtp/source'],
    logLevel: 'silent',
  })
}
