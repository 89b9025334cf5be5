import { expect, test } from 'vitest'
import { PipelineFixture, until } from './pipeline-fixture.ts'

const ROWS = 400_000
const KILLS = 24
/** Checkpoints every few milliseconds, so that a kill is likely to meet one; the group soon gives up on members that were killed. */
const SMALL_STEPS = JSON.stringify({
  version: 1,
  checkpoint: { intervalMs: 20, records: 400 },
  group: { sessionTimeoutMs: 400 },
})

test('a job that is killed with SIGKILL at 24 random moments ends with the same tables', {
  timeout: 240_000,
}, async () => {
  const fixture = await PipelineFixture.open()
  const config = await fixture.file('config.json', SMALL_STEPS)
  const produced = await fixture.run('produce', '--rows', String(ROWS))
  expect(produced.code, produced.stderr).toBe(0)
  const counts: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const sizeBefore = await sizeOf(fixture)
    const job = fixture.start('job', '--no-dashboard', '--config', config)
    const begun = performance.now()
    // Every third is killed on its way up, while it takes its tasks over; the others when they have written a random number of pages.
    const moment = kill % 3 === 0 ? Math.random() * 800 : Number.POSITIVE_INFINITY
    const target = sizeBefore + PAGE_BYTES * (60 + Math.random() * 200)
    await until(async () => performance.now() - begun > moment || (await sizeOf(fixture)) > target)
    job.kill('SIGKILL')
    expect((await job.ended).signal).toBe('SIGKILL')
    counts.push(await fixture.count('telemetry.raw_events'))
  }
  // The kills met the work in many different states, none of them its end.
  expect(new Set(counts).size).toBeGreaterThan(KILLS / 3)
  expect(counts.at(-1)).toBeLessThan(ROWS)
  const last = await fixture.run('job', '--until-end', '--no-dashboard', '--config', config)
  expect(last.code, last.stderr).toBe(0)
  const verified = await fixture.run('verify', '--rows', String(ROWS))
  expect(verified.stdout + verified.stderr).toContain('VERIFIED: 400,000 rows')
  expect(verified.code).toBe(0)
})

const PAGE_BYTES = 8192

/** Bytes of raw_events on disk, also of what is not committed: the quickest way to see that something happens. */
async function sizeOf(fixture: PipelineFixture): Promise<number> {
  const { rows } = await fixture.database.query(
    "select coalesce(pg_relation_size(to_regclass('telemetry.raw_events')), 0)::float8 as size",
  )
  return rows[0].size
}
