import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { BUGS } from './planted-bugs/bugs.mjs'
import { ROOT } from './turbo.mjs'

const USAGE = `pnpm planted-bugs [TEXT] [--report FILE]

Plants one bug after the other in the sources as the tests read them (no file is changed), runs the tests that should find it, and says which did.
Exits 1 when a bug was not caught, or could not be planted because its place has changed.

  TEXT           only bugs whose name contains it
  --report FILE  also writes the table as JSON`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { report: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const folder = mkdtempSync(join(tmpdir(), 'rtp-planted-bugs-'))
const results = []
try {
  for (const bug of BUGS.filter(({ name }) => name.includes(positionals[0] ?? ''))) {
    const caughtBy = isPlantable(bug) ? firstFailure(bug) : undefined
    const state = !isPlantable(bug) ? 'NOT PLANTED: its text is not in the file' : (caughtBy ?? 'NOT CAUGHT')
    console.log(`${bug.name}\n    ${caughtBy === undefined ? state : `caught by: ${caughtBy}`}`)
    results.push({ bug: bug.name, file: bug.file, caughtBy: caughtBy ?? null })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(results, null, 2)}\n`)
const caught = results.filter(({ caughtBy }) => caughtBy !== null).length
console.log(`\n${caught} of ${results.length} planted bugs caught`)
process.exitCode = caught === results.length && results.length > 0 ? 0 : 1

function isPlantable({ file, from }) {
  return readFileSync(join(ROOT, file), 'utf8').split(from).length === 2
}

/** The full name of the first test that fails with the bug in place; undefined when all pass. */
function firstFailure({ file, from, to, in: name, tests }) {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', ...tests, '--bail=1', '--reporter=json', `--outputFile=${report}`],
    {
      cwd: join(ROOT, 'packages', name),
      env: { ...process.env, RTP_PLANTED_BUG: JSON.stringify({ file, from, to }), RTP_SKIP_REAL: '1' },
      stdio: 'ignore',
    },
  )
  if (status === 0) return undefined
  const { testResults = [] } = JSON.parse(readFileSync(report, 'utf8'))
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed')
  return failed?.fullName ?? testResults.find(({ status }) => status === 'failed')?.message
}
