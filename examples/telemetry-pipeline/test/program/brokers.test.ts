import { deleteTopic, describeTopic } from '@rtp/kafka'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { expect, onTestFinished, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'

forEachBroker(broker => {
  test('producer, jobs that come and go, and verification, each on its own', async () => {
    const fixture = await PipelineFixture.open(broker)
    const { topic } = fixture
    onTestFinished(async () => {
      for (const name of [topic, `${topic}.dead`]) await deleteTopic({ brokers: broker.brokers }, name)
    })
    const rows = ['--rows', '50000']
    const first = fixture.start('job', '--no-dashboard')
    await first.printed(/reading /)
    const produced = await fixture.run('produce', ...rows)
    expect(produced.code, produced.stderr).toBe(0)
    await until(async () => (await fixture.count('telemetry.raw_events')) > 0)
    first.kill('SIGTERM')
    expect((await first.ended).code).toBe(0)
    const last = await fixture.run('job', '--until-end', '--no-dashboard')
    expect(last.code, last.stderr).toBe(0)
    const verified = await fixture.run('verify', ...rows)
    expect(verified.stdout + verified.stderr).toContain('VERIFIED: 50,000 rows')
    expect(verified.code).toBe(0)
    expect(await describeTopic({ brokers: broker.brokers }, topic)).toMatchObject({
      partitions: 4,
      retentionMs: Number.POSITIVE_INFINITY,
    })
  })
})
