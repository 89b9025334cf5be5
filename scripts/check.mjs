import { spawnSync } from 'node:child_process'
import { ROOT, turboEnvironment } from './turbo.mjs'

/** Runs every check, also after one has failed, and ends with 1 if any did. */
const CHECKS = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  // The whole workspace as one program: packages share most of their sources, and each alone would read them again.
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['lint with types', 'eslint', ['.']],
  ['arrows', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'packages', 'examples', 'benchmarks']],
  ['unused code', 'knip', ['--no-progress']],
  ['packages', 'node', ['scripts/check-packages.mjs']],
]

const failed = []
for (const [name, program, args] of CHECKS) {
  console.log(`\n— ${name}: ${program} ${args.join(' ')}`)
  const { status } = spawnSync(program, args, {
    cwd: ROOT,
    env: turboEnvironment(),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) failed.push(name)
}
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
