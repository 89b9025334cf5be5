import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { programArguments } from '../../../../../program.preset.ts'

const main = new URL('../../../src/main.ts', import.meta.url)

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(program: URL, ...args: string[]): Promise<Ended> {
  return new Promise(resolve => {
    execFile(process.execPath, programArguments(program, ...args), (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
    })
  })
}

function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rtp-conformance-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

const union = {
  id: 'merges',
  source: 'this test',
  operator: { kind: 'union', dialect: 'flink', inputs: 2 },
  input: [
    { element: { value: 1 }, input: 0 },
    { element: { value: 2 }, input: 1 },
  ],
  expected: [
    { after: 0, value: 1 },
    { after: 1, value: 2 },
  ],
}
const wrong = { ...union, id: 'loses', expected: [{ after: 0, value: 1 }] }
const skipped = { ...union, id: 'panes', operator: { kind: 'window', dialect: 'beam' } }

test('prints a line for each file, what was expected and came, what was skipped, and the counts last', async () => {
  const folder = folderOf({ 'a.json': [union, wrong], 'b.json': [union, skipped], 'notes.md': 'no cases' })
  const { code, stdout, stderr } = await run(main, folder)
  expect(stdout.trimEnd().split('\n')).toEqual([
    'a.json: 1/2',
    '  loses: item by item',
    '    expected nothing more',
    '    got      value 2, ts NaN, after item 1',
    'b.json: 1/2 (1 skipped)',
    expect.stringMatching(/^skipped 1: Beam's dialect/),
    '2 passed, 1 failed, 1 skipped',
  ])
  expect([code, stderr]).toEqual([1, ''])
})

test('takes files, ends with 0 when no case failed, and writes a report', async () => {
  const folder = folderOf({ 'a.json': [union], 'b.json': [wrong], 'c.json': [skipped] })
  const report = join(folder, 'report.out')
  const { code } = await run(main, join(folder, 'a.json'), join(folder, 'c.json'), '--report', report)
  expect(code).toBe(0)
  expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
    passed: 1,
    failed: 0,
    skipped: 1,
    errors: [],
    files: [
      { name: 'a.json', cases: [{ id: 'merges', status: 'passed' }] },
      { name: 'c.json', cases: [{ id: 'panes', status: 'skipped', reason: expect.any(String) }] },
    ],
  })
})

test('names a file that is none of cases and runs the others', async () => {
  const folder = folderOf({ 'a.json': '[{', 'b.json': [{ ...union, order: 'loose' }], 'c.json': [union] })
  const { code, stdout, stderr } = await run(main, folder)
  expect(code).toBe(2)
  expect(stdout).toBe('c.json: 1/1\n1 passed, 0 failed, 0 skipped\n')
  expect(stderr).toContain('a.json is no file of conformance cases: it is not JSON')
  expect(stderr).toContain('b.json is no file of conformance cases: case "merges", order: it must be one of')
})

test.each([
  [['--reprot', 'x'], 'there is no option --reprot; the nearest is --report'],
  [['--velocity'], 'there is no option --velocity; there are --report, --help'],
  [['--report'], '--report needs a FILE'],
  [['nowhere'], 'there is no file or directory nowhere'],
])('refuses %s', async (args, message) => {
  const { code, stdout, stderr } = await run(main, ...args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
})

test('refuses a directory without case files', async () => {
  const folder = folderOf({})
  mkdirSync(join(folder, 'more'))
  expect((await run(main, folder)).stderr).toContain('has no .json file')
})

test('describes itself with --help', async () => {
  const { code, stdout } = await run(main, '--help')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^pnpm conformance \[DIR\|FILE \.\.\.\] \[--report FILE\]/)
})

test('a case that never ends, or ends its thread, fails alone', async () => {
  const { stdout } = await run(new URL('../../programs/isolated-runs.ts', import.meta.url))
  const reports = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)
  const fine = { id: 'fine', status: 'passed' }
  expect(reports).toEqual([
    fine,
    { id: 'loops', status: 'failed', reason: 'it did not end within 3000 ms and was stopped' },
    fine,
    { id: 'exits', status: 'failed', reason: 'it ended the thread with exit code 3' },
    { id: 'throws', status: 'failed', reason: 'it ended the thread: not caught' },
    fine,
  ])
})
