import { Client } from 'pg'
import { expect, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'

const SMALL_STEPS = JSON.stringify({
  version: 1,
  checkpoint: { intervalMs: 50, records: 500 },
  group: { sessionTimeoutMs: 1000 },
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s drains the job, commits what was read and exits 0; a later job goes on from there',
  async signal => {
    const fixture = await PipelineFixture.open()
    const config = await fixture.file('config.json', SMALL_STEPS)
    await fixture.succeed('produce', '--rows', '50000')
    const job = fixture.start('job', '--no-dashboard', '--config', config)
    await until(async () => (await fixture.count('telemetry.raw_events')) > 0)
    job.kill(signal)
    const ended = await job.ended
    expect(ended.code, ended.stderr).toBe(0)
    const [, read] = /^([\d,]+) messages read: ([\d,]+) rows in raw_events/m.exec(ended.stdout) ?? []
    expect(Number(read?.replaceAll(',', ''))).toBe(await fixture.count('telemetry.raw_events'))
    await fixture.succeed('job', '--until-end', '--no-dashboard')
    await fixture.succeed('verify', '--rows', '50000')
  },
)

test('a second signal ends a job at once that cannot finish, and nothing is lost', async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file('config.json', SMALL_STEPS)
  await fixture.succeed('produce', '--rows', '5000')
  await fixture.succeed('job', '--until-end', '--no-dashboard')
  await fixture.database.query('truncate telemetry.raw_events, telemetry.agg_1min')
  await fixture.database.query('drop schema telemetry_job cascade')
  const locker = new Client({ connectionString: fixture.url })
  await locker.connect()
  await locker.query('begin; lock table telemetry.raw_events in exclusive mode')
  const job = fixture.start('job', '--no-dashboard', '--config', config)
  await until(async () => (await waitingForLock(fixture)) > 0)
  job.kill('SIGTERM')
  await job.printed(/SIGTERM: finishing what was begun/)
  job.kill('SIGTERM')
  expect((await job.ended).code).toBe(143)
  await locker.end()
  await fixture.succeed('job', '--until-end', '--no-dashboard', '--config', config)
  await fixture.succeed('verify', '--rows', '5000')
})

test('a producer that is stopped says that it did not reach the end, and exits 1', async () => {
  const fixture = await PipelineFixture.open()
  const producer = fixture.start('produce', '--rows', '1000000')
  await until(() => fixture.broker.topics().some(({ partitions }) => partitions.some(({ endOffset }) => endOffset > 0)))
  producer.kill('SIGTERM')
  const { code, stdout } = await producer.ended
  expect(stdout).toContain('stopped before the end of the CSV')
  expect(code).toBe(1)
})

async function waitingForLock(fixture: PipelineFixture): Promise<number> {
  const { rows } = await fixture.database.query(
    'select count(*)::int as count from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())',
  )
  return rows[0].count
}
