import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { PipelineFixture } from './pipeline-fixture.ts'

test('a job serves health, readiness and metrics on its dashboard port', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '1000')
  const job = fixture.start('job', '--dashboard', '0')
  await job.printed(/reading telemetry.v0/)
  const url = /(http:\/\/127\.0\.0\.1:\d+)\/healthz/.exec(job.stderr)?.[1]
  for (const path of ['/healthz', '/readyz']) expect((await fetch(url + path)).status).toBe(200)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toContain('telemetry-telemetry.v0')
  job.kill('SIGTERM')
  expect((await job.ended).code).toBe(0)
})

test('a port that is taken is an error where it was asked for, else a warning', async () => {
  const fixture = await PipelineFixture.open()
  await fixture.succeed('produce', '--rows', '1000')
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const address = other.address()
  const port = String(typeof address === 'object' ? address?.port : '')
  expect(await fixture.run('job', '--until-end', '--dashboard', port)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('PORT_IN_USE'),
  })
  const config = await fixture.file('config.json', JSON.stringify({ version: 1, dashboard: { port: Number(port) } }))
  expect(await fixture.run('job', '--until-end', '--config', config)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('warning: PORT_IN_USE'),
  })
})
