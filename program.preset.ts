import { fileURLToPath } from 'node:url'

/**
 * Arguments with which `process.execPath` runs a TypeScript file as a process of its own, on the packages' sources: for tests that kill it.
 *
 * `spawn(process.execPath, programArguments(new URL('./program.ts', import.meta.url), 'argument'))`
 */
export function programArguments(program: URL, ...args: string[]): string[] {
  const hooks = new URL('./scripts/typescript-hooks.mjs', import.meta.url)
  return ['--conditions=@rtp/source', '--import', hooks.href, fileURLToPath(program), ...args]
}
