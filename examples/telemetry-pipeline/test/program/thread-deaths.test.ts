import { runInThreads } from '@rtp/stream-core/threads'
import { expect, onTestFinished, test } from 'vitest'
import { sourceArguments } from '../../../../program.preset.ts'
import { THREAD_DEATHS, THREAD_KILLS } from '../../../../runs.preset.ts'
import { parseCommandLine } from '../../src/cli/parse-command-line.ts'
import { readSettings } from '../../src/cli/settings.ts'
import { databaseOf } from '../../src/stages/database.ts'
import { migrateTables } from '../../src/tables/schema.ts'
import type { DyingSettings } from './dying-thread.ts'
import { PipelineFixture, until } from './pipeline-fixture.ts'

const ROWS = 60_000
/** Checkpoints every few milliseconds; the group soon gives up on members that were killed. */
const SMALL_STEPS = JSON.stringify({
  version: 1,
  threads: 2,
  checkpoint: { intervalMs: 20, records: 400 },
  group: { sessionTimeoutMs: 1000 },
})

test('a process that is killed with SIGKILL while two threads work ends with the same tables', {
  timeout: 60_000 * (1 + THREAD_KILLS),
}, async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file('config.json', SMALL_STEPS)
  await fixture.succeed('produce', '--rows', String(ROWS))
  const counts: number[] = []
  for (let kill = 0; kill < THREAD_KILLS; kill++) {
    const job = fixture.start('job', '--no-dashboard', '--config', config)
    const target = (await fixture.count('telemetry.raw_events')) + (Math.random() * ROWS) / THREAD_KILLS / 2
    await until(async () => (await fixture.count('telemetry.raw_events')) > target)
    job.kill('SIGKILL')
    expect((await job.ended).signal).toBe('SIGKILL')
    counts.push(await fixture.count('telemetry.raw_events'))
  }
  expect(counts.at(-2)).toBeLessThan(ROWS)
  await fixture.succeed('job', '--until-end', '--no-dashboard', '--config', config)
  const verified = await fixture.run('verify', '--rows', String(ROWS))
  expect(verified.code, verified.stdout).toBe(0)
})

test('threads that die at random moments leave their partitions to each other, and the tables are the same', {
  timeout: 60_000 * (1 + THREAD_DEATHS),
}, async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file('config.json', SMALL_STEPS)
  await fixture.succeed('produce', '--rows', String(ROWS))
  const environment = { KAFKA_BROKERS: fixture.broker.address, DATABASE_URL: fixture.url }
  const settings = readSettings(parseCommandLine(['job', '--config', config]), environment)
  await migrateTables(databaseOf(settings))
  const deaths = new Int32Array(new SharedArrayBuffer(4)).fill(THREAD_DEATHS)
  const data: DyingSettings = { settings, deaths, longestLifeMs: 1_500 }
  const job = runInThreads(new URL('./dying-thread.ts', import.meta.url), {
    threads: 2,
    data,
    execArgv: sourceArguments(),
    restart: { attempts: THREAD_DEATHS, initialDelayMs: 1, maxDelayMs: 50 },
  })
  onTestFinished(() => job.cancel())
  const isRead = until(
    async () => job.metrics().restarts >= THREAD_DEATHS && (await fixture.count('telemetry.raw_events')) === ROWS,
  )
  await Promise.race([isRead, job.done])
  const { metrics } = await job.stop()
  expect(metrics.failures.byCode).toMatchObject({ THREAD_DIED: THREAD_DEATHS })
  await fixture.succeed('job', '--until-end', '--no-dashboard', '--config', config)
  const verified = await fixture.run('verify', '--rows', String(ROWS))
  expect(verified.code, verified.stdout).toBe(0)
})
