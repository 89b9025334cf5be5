import { once } from 'node:events'
import { createServer } from 'node:net'
import { deleteTopic } from '@rtp/kafka'
import { expect, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'

const IMPATIENT = JSON.stringify({ version: 1, startup: { waitSeconds: 0.5 } })

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('a broker that is not there ends in an error that names it, after the time that was given', async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file('config.json', IMPATIENT)
  const broker = `127.0.0.1:${await freePort()}`
  for (const [command, ...options] of [['produce', '--rows', '10'], ['job']] as const) {
    const { code, stderr } = await fixture.run(command, '--kafka', broker, '--config', config, ...options)
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`KAFKA_UNREACHABLE: .*${broker}`))
  }
})

test('a database that cannot be used ends in an error that says why, and never shows the password', async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file('config.json', IMPATIENT)
  const url = new URL(fixture.url)
  const secret = decodeURIComponent(url.password)
  const variants: [string, (address: URL) => void][] = [
    ['POSTGRES_UNREACHABLE', address => (address.port = '1')],
    ['POSTGRES_AUTH_FAILED', address => (address.password = `${secret}-not`)],
    ['POSTGRES_DATABASE_MISSING', address => (address.pathname = '/nowhere')],
  ]
  for (const [expected, change] of variants) {
    const address = new URL(fixture.url)
    change(address)
    const { code, stdout, stderr } = await fixture.run(
      'job',
      '--postgres',
      address.href,
      '--config',
      config,
      '--no-dashboard',
    )
    expect(stderr).toContain(expected)
    expect(code).toBe(1)
    expect(stdout + stderr).not.toContain(secret)
  }
})

test('a user without rights, a column of another type and a table that is gone are each named', async () => {
  const fixture = await PipelineFixture.open()
  const role = `reader_${process.pid}`
  await fixture.database.query(`create role ${role} login password 'pw'`)
  const address = new URL(fixture.url)
  address.username = role
  address.password = 'pw'
  const denied = await fixture.run('job', '--postgres', address.href, '--no-dashboard')
  expect(denied).toMatchObject({ code: 1, stderr: expect.stringContaining('POSTGRES_PERMISSION_DENIED') })
  await fixture.database.query(`drop role ${role}`)

  await fixture.database.query(
    'create schema telemetry; create table telemetry.raw_events (event_time timestamptz, sensor_id bigint, value text, payload jsonb, kafka_partition int, kafka_offset bigint)',
  )
  const mistyped = await fixture.run('job', '--no-dashboard')
  expect(mistyped.code).toBe(1)
  expect(mistyped.stderr).toMatch(/value.*float8.*text/s)

  await fixture.database.query('drop table telemetry.raw_events')
  const missing = await fixture.run('job', '--no-dashboard')
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/POSTGRES_TABLE_MISSING.*raw_events/) })
})

test('a topic that is deleted under a running job ends the job with an error', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '1000')
  const job = fixture.start('job', '--no-dashboard')
  await until(async () => (await fixture.count('telemetry.raw_events')) > 0)
  await deleteTopic({ brokers: [fixture.broker.address] }, 'telemetry.v0')
  const { code, stderr } = await job.ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/KAFKA_TOPIC_MISSING/)
})

test('a topic that is deleted under a running producer ends the producer with an error', async () => {
  const fixture = await PipelineFixture.open()
  const producer = fixture.start('produce', '--rows', '1000000')
  await until(() => fixture.broker.topics().some(({ partitions }) => partitions.some(({ endOffset }) => endOffset > 0)))
  await deleteTopic({ brokers: [fixture.broker.address] }, 'telemetry.v0')
  const { code, stderr } = await producer.ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/KAFKA_TOPIC_MISSING: topic telemetry\.v0 .* was deleted while it was in use/)
})

test('--until-end on a topic that does not exist is an error, and makes none', async () => {
  const fixture = await PipelineFixture.open()
  expect(await fixture.run('job', '--until-end', '--topic', 'nothing')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('TOPIC_MISSING: there is no topic nothing'),
  })
  expect(fixture.broker.topics()).toEqual([])
})

test('an existing topic keeps its partitions, and a retention that would delete old readings is warned about', async () => {
  const fixture = await PipelineFixture.open()
  fixture.broker.createTopic('telemetry.v0', { partitions: 3, config: { 'retention.ms': '604800000' } })
  const produced = await fixture.run('produce', '--rows', '10', '--partitions', '8')
  expect(produced.stderr).toMatch(/warning: topic telemetry.v0 has retention.ms=604800000: .* older than 7 days/)
  expect(fixture.broker.topics().find(({ name }) => name === 'telemetry.v0')?.partitions.length).toBe(3)
})

test('run refuses tables and topics that hold something already, before it adds to them', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('run', '--rows', '1000', '--no-dashboard')
  const again = await fixture.run('run', '--rows', '1000', '--no-dashboard')
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_EMPTY: the tables hold 1,000 rows') })
  expect(await fixture.count('telemetry.raw_events')).toBe(1000)
})
