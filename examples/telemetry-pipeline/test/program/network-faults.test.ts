import { dealNetworkFaults, type NetworkFault, type NetworkProxy } from '@rtp/stream-testing/network'
import { expect, test } from 'vitest'
import { FIRST_SEED, NETWORK_FAULTS } from '../../../../runs.preset.ts'
import { PipelineFixture, until } from './pipeline-fixture.ts'
import { pipelineNetworks } from './pipeline-networks.ts'

/** Enough to last until every fault has been dealt to a job that is held down to some 8,000 rows a second. */
const ROWS = 12_000 * (NETWORK_FAULTS + 1)
const SLOW_INSERTS = `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
  CREATE TRIGGER slow AFTER INSERT ON telemetry.raw_events FOR EACH STATEMENT EXECUTE FUNCTION slow()`
const ANSWER_MS = 1_000
const TIMEOUTS = { connectMs: 500, answerMs: ANSWER_MS }
/** A checkpoint every few records, so that a fault is likely to meet one. */
const SMALL_STEPS = JSON.stringify({
  version: 1,
  checkpoint: { intervalMs: 10, records: 400 },
  consumer: { fetchKb: 16 },
  producer: { batchKb: 8 },
  group: { sessionTimeoutMs: 400 },
  timeouts: TIMEOUTS,
})
/** Longer than all the time-outs that may follow each other, on a machine with other work. */
const RECOVERS_WITHIN_MS = 60_000

test(`a job whose networks fail ${NETWORK_FAULTS} times in every way goes on by itself and ends with the same tables`, {
  timeout: 120_000 + NETWORK_FAULTS * 2 * RECOVERS_WITHIN_MS,
}, async () => {
  const networks = await pipelineNetworks(FIRST_SEED)
  const fixture = await PipelineFixture.open(undefined, networks)
  const config = await fixture.file('config.json', SMALL_STEPS)
  await fixture.succeed('produce', '--rows', String(ROWS), '--config', config)
  const job = fixture.start('job', '--no-dashboard', '--config', config)
  const rows = () => fixture.count('telemetry.raw_events')
  const progress = async (wanted: number): Promise<void> => {
    const [before, begun] = [await rows(), performance.now()]
    await until(async () => {
      if (performance.now() - begun > RECOVERS_WITHIN_MS) throw new Error(`the job writes nothing:\n${job.stderr}`)
      return (await rows()) >= before + wanted
    })
  }
  await progress(1)
  await fixture.database.query(SLOW_INSERTS)
  const dealt = dealNetworkFaults({ count: NETWORK_FAULTS, networks: 2, seed: FIRST_SEED })
  for (const { network, fault } of dealt) {
    const proxy = network === 0 ? networks.kafka : networks.postgres
    await progress(Math.ceil(Math.random() * 400))
    await hurt(proxy, fault)
    // What was on its way is through; from here on only a job that has noticed goes on.
    if (!OF_CONNECTIONS.has(fault.kind)) await proxy.heal()
    await progress(1_000)
    await proxy.heal()
  }
  expect(await rows()).toBeLessThan(ROWS)
  job.kill('SIGTERM')
  const stopped = await job.ended
  expect(stopped.code, stopped.stderr).toBe(0)

  await fixture.database.query('DROP TRIGGER slow ON telemetry.raw_events')
  await fixture.succeed('job', '--until-end', '--no-dashboard')
  const verified = await fixture.run('verify', '--rows', String(ROWS))
  expect(verified.stdout + verified.stderr).toContain(`VERIFIED: ${ROWS.toLocaleString('en-US')} rows`)
  expect(verified.code).toBe(0)
})

/** Connections that such a fault befell stay dead; a healed network does not bring them back. */
const OF_CONNECTIONS = new Set<NetworkFault['kind']>(['half-open', 'reset', 'slow-close'])

/** Lets a fault happen, until it has hit something, and for a time of chance that may be longer than the time-outs. */
async function hurt(proxy: NetworkProxy, fault: NetworkFault): Promise<void> {
  const hits = proxy.counts.hits[fault.kind]
  proxy.apply(fault)
  // A network that had no connection at that moment is hit as soon as it has one.
  await until(() => {
    if (proxy.counts.hits[fault.kind] === hits && OF_CONNECTIONS.has(fault.kind)) proxy.apply(fault)
    return proxy.counts.hits[fault.kind] > hits
  })
  if (OF_CONNECTIONS.has(fault.kind)) return
  await new Promise(resolve => setTimeout(resolve, Math.random() * 2 * ANSWER_MS))
}
