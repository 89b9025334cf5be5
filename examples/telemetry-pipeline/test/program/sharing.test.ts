import { bytes, kafkaSource } from '@rtp/kafka'
import { silentLogger, systemClock } from '@rtp/stream-core'
import { expect, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'

test('two jobs share the partitions, and one that dies is replaced by the other', async () => {
  const fixture = await PipelineFixture.open()
  const [one, two] = [fixture.start('job', '--no-dashboard'), fixture.start('job', '--no-dashboard')]
  await Promise.all([one.printed(/reading telemetry.v0/), two.printed(/reading telemetry.v0/)])
  await fixture.succeed('produce', '--rows', '40000')
  await until(async () => (await fixture.count('telemetry.raw_events')) === 40_000)
  one.kill('SIGTERM')
  const first = await one.ended
  expect(first.code, first.stderr).toBe(0)
  const [, read = '0'] = /^([\d,]+) messages read/m.exec(first.stdout) ?? []
  const rows = Number(read.replaceAll(',', ''))
  expect(rows).toBeGreaterThan(0)
  expect(rows).toBeLessThan(40_000)
  two.kill('SIGTERM')
  const second = await two.ended
  expect(second.code, second.stderr).toBe(0)
  expect(second.stdout).toContain(`${(40_000 - rows).toLocaleString('en-US')} messages read`)
  await fixture.succeed('job', '--until-end', '--no-dashboard')
  const verified = await fixture.run('verify', '--rows', '40000')
  expect(verified.code, verified.stdout).toBe(0)
})

test('--until-end waits for partitions that a process holds which does not read any more, and reads them then', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '20000')
  // A member of the job's group that is given partitions and does nothing with them, as a process that was killed or hangs.
  const stuck = await kafkaSource({
    brokers: [fixture.broker.address],
    topic: 'telemetry.v0',
    value: bytes,
    assignment: 'group',
  }).open({
    job: 'telemetry-telemetry.v0',
    signal: new AbortController().signal,
    clock: systemClock,
    logger: silentLogger,
    shareable: true,
    keepBadRecords: true,
  })
  await stuck.join!()
  const config = await fixture.file('config.json', JSON.stringify({ version: 1, group: { sessionTimeoutMs: 1000 } }))
  const job = fixture.start('job', '--until-end', '--no-dashboard', '--config', config)
  await job.printed(/partitions \d.* are with another process of this job/)
  expect(await fixture.count('telemetry.raw_events')).toBeLessThan(20_000)
  await stuck.close()
  const ended = await job.ended
  expect(ended.code, ended.stderr).toBe(0)
  expect(ended.stdout).toContain('20,000 messages read: 20,000 rows in raw_events')
  await fixture.succeed('verify', '--rows', '20000')
})

test('two jobs with --until-end share the topic, and both end when all of it is read', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '20000')
  const ended = await Promise.all(['one', 'two'].map(() => fixture.run('job', '--until-end', '--no-dashboard')))
  for (const { code, stderr } of ended) expect(code, stderr).toBe(0)
  await fixture.succeed('verify', '--rows', '20000')
})
