import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Lets plain Node 20 run TypeScript files: `node --conditions=@rtp/source --import ./scripts/typescript-hooks.mjs program.ts`. */
register(import.meta.url)

/** Strips the types; `erasableSyntaxOnly` in tsconfig.base.json sees to it that nothing else is needed. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context)
  const { transform } = await import('esbuild')
  const file = fileURLToPath(url)
  const { code } = await transform(await readFile(file, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcefile: file,
    sourcemap: 'inline',
  })
  return { format: 'module', source: code, shortCircuit: true }
}
