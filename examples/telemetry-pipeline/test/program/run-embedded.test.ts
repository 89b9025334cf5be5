import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from './pipeline-fixture.ts'
import { Program, runProgram } from './run-program.ts'

test('run makes a sample, starts its own servers, verifies 20,000 rows and reports every figure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'run-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const report = join(folder, 'report.json')
  const { code, stdout, stderr } = await runProgram(['run', '--rows', '20000', '--no-dashboard', '--report', report])
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('VERIFIED: 20,000 rows in the CSV; 20,000 rows in raw_events')
  expect(stdout).toContain('exactly-once')
  const figure = expect.any(Number)
  expect(JSON.parse(await readFile(report, 'utf8'))).toEqual({
    rowsRead: 20_000,
    produced: 20_000,
    deadLettered: { producer: 0, job: 0 },
    consumed: 20_000,
    rawRows: 20_000,
    aggregateRows: 960,
    lateRecords: 0,
    verified: true,
    differences: { missingRows: 0, extraRows: 0, wrongAggregates: 0, missingAggregates: 0, extraAggregates: 0 },
    seconds: { total: figure, generate: figure, produce: figure, job: figure, verify: figure },
    rowsPerSecond: { produce: figure, job: figure },
    cpuSeconds: { produce: figure, job: figure },
    peakRssMb: { produce: figure, job: figure },
    kafka: { kind: 'embedded', brokers: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)] },
    postgres: { kind: 'embedded', version: expect.stringMatching(/^\d+/) },
    guarantee: 'exactly-once',
  })
})

test('a run that is killed leaves no process behind', async () => {
  const program = new Program(['run', '--rows', '300000', '--no-dashboard'])
  await program.printed(/broker 127/)
  const children = await childrenOf(program.pid)
  await until(async () => (await childrenOf(program.pid)).length >= 3)
  children.push(...(await childrenOf(program.pid)))
  program.kill('SIGKILL')
  await program.ended
  await until(() => children.every(pid => !isAlive(pid)))
})

test('a run that is stopped by a signal ends its children in order, says what it did, and does not claim success', async () => {
  const program = new Program(['run', '--rows', '300000', '--no-dashboard'])
  await program.printed(/broker 127/)
  await until(async () => (await childrenOf(program.pid)).length >= 3)
  program.kill('SIGTERM')
  const { code, stderr } = await program.ended
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /STOPPED: the run was stopped after \d+ messages sent and \d+ rows committed; nothing was verified/,
  )
})

async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return children.split(' ').filter(Boolean).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
