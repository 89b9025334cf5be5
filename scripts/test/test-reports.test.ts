import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** One file for every way in which tests end. */
const FILES = {
  'mixed.test.js': `import { expect, test } from 'vitest'
    test('passes', () => {})
    test('fails', () => expect(1).toBe(2))
    test('is skipped', context => context.skip('no such server'))`,
  'hook.test.js': `import { beforeAll, test } from 'vitest'
    beforeAll(() => { throw new Error('no server') })
    test('never runs', () => {})`,
  'broken.test.js': `import './nowhere.js'`,
  'unhandled.test.js': `import { test } from 'vitest'
    test('passes too', () => void Promise.reject(new Error('nobody waits for this')))`,
}

let folder: string

beforeAll(() => {
  mkdirSync(join(ROOT, '.data'), { recursive: true })
  folder = mkdtempSync(join(ROOT, '.data', 'reports-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what fails outside a test counts as a failure, and a skip keeps its reason', () => {
  const reporter = join(ROOT, 'scripts/test-reporter.mjs')
  writeFileSync(
    join(folder, 'vitest.config.js'),
    `export default { test: { reporters: [['${reporter}', { folder: '${folder}/out', name: 'kafka' }]] } }`,
  )
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, 'out'))
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--root', folder], { cwd: folder })
  expect(status).toBe(1)
  // The failing test, the hook, the file that cannot be loaded, the promise that nobody waits for.
  expect(sum(false)).toEqual({
    passed: 2,
    failed: 4,
    skipped: ['kafka: is skipped: no such server', 'kafka: never runs'],
  })
})

test('a package without a report counts as a failure when all are wanted', () => {
  expect(sum(true).failed).toBeGreaterThan(sum(false).failed)
})

function sum(wantAll: boolean): { passed: number; failed: number; skipped: string[] } {
  const program = `import { readReports } from '${ROOT}scripts/test-reports.mjs'
    console.error(JSON.stringify(readReports('${folder}/out', { wantAll: ${wantAll} })))`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  const { passed, failed, skipped } = JSON.parse(stderr)
  return { passed, failed, skipped: skipped.sort() }
}
