import type { Options } from 'tsup'

/** How every package is built: ESM with types, one file per public entry, nothing bundled that package.json names. */
export function preset(entry: string[]): Options {
  return { entry, format: ['esm'], dts: true, sourcemap: true, clean: true, target: 'node20', treeshake: true }
}
