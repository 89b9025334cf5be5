import { expect, test } from 'vitest'
import { PipelineFixture } from './pipeline-fixture.ts'

test.each([
  ['sensor_id,value\na,1\n', 'CSV_COLUMN_MISSING', '--columns sensor_id='],
  ['sensor_id;value;event_time\na;1;2026-01-01\n', 'CSV_COLUMN_MISSING', 'csv.delimiter'],
  ['sensor_id,value,value,event_time\n', 'CSV_COLUMN_DUPLICATED', 'Rename one of them'],
  ['', 'CSV_FILE_EMPTY', '--input'],
])(
  'a header that cannot be used (%j) is %s, in `produce` and in `run`, and says what to do',
  async (csv, code, remedy) => {
    const fixture = await PipelineFixture.open()
    const input = await fixture.file('in.csv', csv)
    for (const command of ['produce', 'run'] as const) {
      const { code: exit, stderr } = await fixture.run(command, '--input', input)
      expect(exit).toBe(1)
      expect(stderr).toContain(`${code}: `)
      expect(stderr).toContain(remedy)
    }
  },
)

test('a CSV that is not there is an error before any server is asked', async () => {
  const fixture = await PipelineFixture.open()
  for (const command of ['produce', 'verify', 'run'] as const) {
    const options = command === 'produce' ? [] : ['--postgres', 'postgres://u@127.0.0.1:1/d']
    const { code, stderr } = await fixture.run(command, '--input', '/nowhere/in.csv', ...options)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^CSV_UNREADABLE: \/nowhere\/in\.csv cannot be read: .*--input/m)
  }
  expect(fixture.broker.topics()).toEqual([])
})

test('a verification that the database refuses says which right or table is wrong, with a code', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '10')
  await fixture.succeed('job', '--until-end', '--no-dashboard')
  const role = `looker_${process.pid}`
  await fixture.database.query(`create role ${role} login password 'pw-of-looker'`)
  const address = Object.assign(new URL(fixture.url), { username: role, password: 'pw-of-looker' })
  const denied = await fixture.run('verify', '--rows', '10', '--postgres', address.href)
  await fixture.database.query(`drop role ${role}`)
  expect(denied).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/POSTGRES_PERMISSION_DENIED: comparing .* schema telemetry \[42501\]\. .*USAGE/),
  })
  expect(denied.stderr).not.toContain('pw-of-looker')

  await fixture.database.query('alter table telemetry.agg_1min drop column avg_value')
  expect(await fixture.run('verify', '--rows', '10')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/POSTGRES_TYPE_MISMATCH: comparing .*avg_value.*somebody has changed them/),
  })
  await fixture.database.query('drop table telemetry.late_records')
  expect(await fixture.run('verify', '--rows', '10')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/TABLE_MISSING: telemetry\.late_records is missing/),
  })
  // The job made its tables once: it does not fill a hole that somebody tore, but says how to begin anew.
  expect(await fixture.run('job', '--until-end', '--no-dashboard')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/POSTGRES_(TABLE|COLUMN)_MISSING: .*telemetry\./),
  })
})

test('a topic that was made anew under a job stops it, and the message says how to begin anew', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '1000')
  await fixture.succeed('job', '--until-end', '--no-dashboard')
  fixture.broker.faults.deleteTopic('telemetry.v0')
  fixture.broker.createTopic('telemetry.v0', { partitions: 4, config: { 'retention.ms': '-1' } })
  const again = await fixture.run('job', '--until-end', '--no-dashboard')
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/SOURCE_REPLACED: source "readings" .* deleted and made anew/)
  expect(again.stderr).toContain('drop schema telemetry, telemetry_job cascade')
  expect(await fixture.count('telemetry.raw_events')).toBe(1000)
})

test('a topic with another number of partitions than the state was made with stops the job', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '1000')
  await fixture.succeed('job', '--until-end', '--no-dashboard')
  fixture.broker.growTopic('telemetry.v0', 6)
  const again = await fixture.run('job', '--until-end', '--no-dashboard')
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/PARTITIONS_CHANGED/)
  expect(await fixture.count('telemetry.raw_events')).toBe(1000)
})
