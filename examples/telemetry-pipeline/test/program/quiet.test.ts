import { expect, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'

const HEADER = 'sensor_id,value,event_time\n'

test('a quiet stream has its open minutes written, and readings that follow update them', async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file(
    'config.json',
    JSON.stringify({ version: 1, window: { quietSeconds: 0.3 }, checkpoint: { intervalMs: 50 } }),
  )
  const first = 'a,1,2026-01-01T00:00:01Z\na,3,2026-01-01T00:00:02Z\n'
  const second = 'a,8,2026-01-01T00:00:03Z\n'
  const job = fixture.start('job', '--no-dashboard', '--config', config)
  await job.printed(/reading telemetry.v0/)
  const minute = async () => (await fixture.database.query('select cnt::int, avg_value from telemetry.agg_1min')).rows
  await fixture.succeed('produce', '--input', await fixture.file('first.csv', HEADER + first))
  await until(async () => (await minute()).length > 0)
  expect(await minute()).toEqual([{ cnt: 2, avg_value: 2 }])
  await fixture.succeed('produce', '--input', await fixture.file('second.csv', HEADER + second))
  await until(async () => (await minute())[0].cnt === 3)
  expect(await minute()).toEqual([{ cnt: 3, avg_value: 4 }])
  job.kill('SIGTERM')
  expect((await job.ended).code).toBe(0)
  expect(await fixture.run('verify', '--input', await fixture.file('both.csv', HEADER + first + second))).toMatchObject(
    { code: 0 },
  )
})

test('--until-end closes what is open, and a later run goes on from there', async () => {
  const fixture = await PipelineFixture.open()
  const parts = [
    'a,1,2026-01-01T00:00:01Z\n',
    'a,3,2026-01-01T00:00:02Z\nb,1,2026-01-01T00:01:02Z\n',
    'a,8,2026-01-01T00:00:03Z\n',
  ]
  let all = HEADER
  for (const [i, part] of parts.entries()) {
    all += part
    await fixture.succeed('produce', '--input', await fixture.file(`${i}.csv`, HEADER + part))
    await fixture.succeed('job', '--until-end', '--no-dashboard')
    const verified = await fixture.run('verify', '--input', await fixture.file('all.csv', all))
    expect(verified.code, verified.stdout).toBe(0)
  }
})
