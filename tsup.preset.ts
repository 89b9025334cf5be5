import type { Options } from 'tsup'

/**
 * How every package is built: ESM, one file per public entry, nothing bundled that package.json names. Declarations take ten times as long and
 * are a step of their own (`tsup --dts-only`), because running and testing needs none.
 */
export function preset(entry: string[]): Options {
  const declarations = process.argv.includes('--dts-only')
  return {
    entry,
    format: ['esm'],
    dts: false,
    sourcemap: true,
    clean: !declarations,
    target: 'node20',
    treeshake: true,
  }
}
