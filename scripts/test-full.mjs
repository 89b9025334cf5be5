import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { workspacePackages } from './workspace-packages.mjs'

/**
 * Runs every property 100,000 times, every model 20,000 sequences and the simulation 100,000 seeds, from a seed that is printed, and prints what became
 * of each. Packages that take part have a `test/runs.ts`, by which their tests know how often.
 *
 *     pnpm test:full [--seed N] [--properties N] [--sequences N] [--simulations N] [FILTER ...]
 *
 * A filter is part of the path of a test file. The same seed gives the same cases again.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    properties: { type: 'string', default: '100000' },
    sequences: { type: 'string', default: '20000' },
    simulations: { type: 'string', default: '100000' },
  },
})
const { seed, properties, sequences, simulations } = values

let failed = 0
let ran = 0
for (const { name, folder } of workspacePackages()) {
  if (!existsSync(join(folder, 'test/runs.ts'))) continue
  const files = testsWith(folder, /\bfc\.assert\(|PROPERTY_RUNS|SEQUENCES|SIMULATIONS/).filter(
    file => positionals.length === 0 || positionals.some(part => file.includes(part)),
  )
  if (files.length === 0) continue
  ran += files.length
  console.log(
    `\n${name}: ${files.length} files, ${properties} cases a property, ${sequences} sequences a model, ${simulations} simulations, seed ${seed}`,
  )
  if ((await runVitest(folder, files)) !== 0) failed++
}
console.log(`\n${ran} files with seed ${seed}: ${failed === 0 ? 'no counterexample' : `${failed} packages failed`}`)
process.exitCode = failed > 0 || ran === 0 ? 1 : 0

/** Test files below the package whose text has the pattern, relative to it. */
function testsWith(folder, pattern) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.test.ts') && !entry.parentPath.includes('node_modules'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => pattern.test(readFileSync(path, 'utf8')))
    .map(path => relative(folder, path))
}

/** A property of 100,000 cases takes minutes, so nothing limits the time of a test. */
function runVitest(folder, files) {
  const env = {
    ...process.env,
    RTP_SEED: seed,
    RTP_PROPERTY_RUNS: properties,
    RTP_MODEL_SEQUENCES: sequences,
    RTP_SIMULATIONS: simulations,
  }
  const args = ['vitest', 'run', '--testTimeout=0', '--reporter=verbose', ...files]
  return new Promise((resolve, reject) => {
    spawn('npx', args, { cwd: folder, env, stdio: 'inherit', shell: process.platform === 'win32' })
      .on('error', reject)
      .on('close', code => resolve(code ?? 1))
  })
}
