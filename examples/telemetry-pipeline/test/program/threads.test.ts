import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'
import { runProgram } from './run-program.ts'

test('run --threads 2 verifies 20,000 rows, and its figures are those of both threads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'run-threads-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const report = join(folder, 'report.json')
  const args = ['run', '--threads', '2', '--rows', '20000', '--no-dashboard', '--report', report]
  const { code, stdout, stderr } = await runProgram(args)
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('VERIFIED: 20,000 rows in the CSV; 20,000 rows in raw_events')
  const figures = JSON.parse(await readFile(report, 'utf8'))
  expect(figures).toMatchObject({ consumed: 20_000, rawRows: 20_000, verified: true, guarantee: 'exactly-once' })
})

test('two threads read a topic to its end', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '20000')
  const { stdout } = await fixture.succeed('job', '--until-end', '--threads', '2', '--no-dashboard')
  expect(stdout).toContain('20,000 messages read: 20,000 rows in raw_events')
  await fixture.succeed('verify', '--rows', '20000')
})

test('more threads than partitions are said to be too many, and do no harm', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '2000', '--partitions', '2')
  const job = fixture.start('job', '--threads', '3', '--no-dashboard')
  await job.printed(/warning: there are more threads than tasks.*threads: 3, tasks: 2/)
  await until(async () => (await fixture.count('telemetry.raw_events')) === 2000)
  job.kill('SIGTERM')
  expect((await job.ended).code).toBe(0)
})

test('health, readiness and metrics are of all threads, and SIGTERM drains them all', async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file('config.json', JSON.stringify({ version: 1, threads: 2 }))
  await fixture.succeed('produce', '--rows', '20000')
  const job = fixture.start('job', '--dashboard', '0', '--config', config)
  await job.printed(/reading telemetry.v0/)
  const url = /(http:\/\/127\.0\.0\.1:\d+)\/healthz/.exec(job.stderr)?.[1]
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect(await (await fetch(`${url}/plan`)).json()).toMatchObject({ sharing: { possible: true } })
  await until(async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    const partitions = [...metrics.matchAll(/^rtp_source_records_total\{.*partition="(\d)"\} (\d+)$/gm)]
    const committed = /^rtp_sink_rows_total\{.*operator="raw-events"\} (\d+)$/m.exec(metrics)?.[1]
    const records = partitions.reduce((sum, [, , count]) => sum + Number(count), 0)
    // Whoever is fenced out reads in vain, so more may have been read than there is. One line a partition, whichever thread has it.
    expect(new Set(partitions.map(([, partition]) => partition)).size).toBe(partitions.length)
    return partitions.length === 4 && records >= 20_000 && committed === '20000'
  })
  job.kill('SIGTERM')
  const { code, stdout, stderr } = await job.ended
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('20,000 messages read: 20,000 rows in raw_events')
  await fixture.succeed('job', '--until-end', '--no-dashboard')
  await fixture.succeed('verify', '--rows', '20000')
})
