import { expect, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'

test('two jobs share the partitions, and one that dies is replaced by the other', async () => {
  const fixture = await PipelineFixture.open()
  const [one, two] = [fixture.start('job', '--no-dashboard'), fixture.start('job', '--no-dashboard')]
  await Promise.all([one.printed(/reading telemetry.v0/), two.printed(/reading telemetry.v0/)])
  expect(await fixture.run('produce', '--rows', '40000')).toMatchObject({ code: 0 })
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
  expect(await fixture.run('job', '--until-end', '--no-dashboard')).toMatchObject({ code: 0 })
  const verified = await fixture.run('verify', '--rows', '40000')
  expect(verified.code, verified.stdout).toBe(0)
})
