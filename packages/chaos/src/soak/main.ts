import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ensureTopic } from '@rtp/kafka'
import { freshDatabase } from '@rtp/test-servers'
import { startDatabase } from '../servers/database.ts'
import { startKafka } from '../servers/kafka.ts'
import { Feeder } from './feeder.ts'
import { RowLedger } from './row-ledger.ts'
import type { Sample } from './sample.ts'
import { ServedJob } from './served-job.ts'
import { judge } from './verdict.ts'

const USAGE = `pnpm soak [options]

Runs the telemetry job under a steady load for a long time: finds out how many rows a second it can do here, feeds it a share of that, and looks
at its heap, its open files and its event loop. Then counts every row and every aggregate. Exits 0 only when nothing grew and nothing is missing.

  --seconds N       of steady load                                        default 600
  --load SHARE      of what the job can do                                default 0.8
  --kafka WHICH     embedded, apache (needs Java and Maven) or HOST:PORT  default embedded
  --postgres WHICH  embedded or a postgres:// address                     default embedded
  --report FILE     also writes the figures as JSON
  --help            this text`

interface SoakOptions {
  readonly seconds: number
  readonly load: number
  readonly report: string | undefined
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter(argument => argument !== '--'),
    options: {
      seconds: { type: 'string', default: '600' },
      load: { type: 'string', default: '0.8' },
      kafka: { type: 'string', default: 'embedded' },
      postgres: { type: 'string', default: 'embedded' },
      report: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const options = { seconds: above('seconds', values.seconds), load: above('load', values.load), report: values.report }
  const [kafka, postgres] = await Promise.all([startKafka(values.kafka), startDatabase(values.postgres)])
  try {
    const database = await freshDatabase(postgres.address)
    try {
      console.log(`${kafka.name}, ${postgres.name}`)
      return await soak(kafka.address, database.url, options)
    } finally {
      await database.drop()
    }
  } finally {
    await Promise.all([kafka.stop(), postgres.stop()])
  }
}

async function soak(brokers: string, database: string, { seconds, load, report }: SoakOptions): Promise<number> {
  const topic = `soak.${Date.now()}`
  await ensureTopic({ brokers: brokers.split(',') }, { topic, partitions: PARTITIONS, configs: SMALL_LOG })
  const job = await ServedJob.start({ brokers, topic, database })
  const feeder = new Feeder(brokers, topic)
  try {
    const capacity = await measureCapacity(feeder, job)
    feeder.rate = load * capacity
    console.log(`${thousands(capacity)} k rows/s at most; ${seconds} s at ${thousands(feeder.rate)} k rows/s`)
    const ledger = await RowLedger.open(database)
    const samples = await watch(seconds, feeder, job, ledger)
    await feeder.stop()
    await reached(job, feeder.fed)
    await job.stop()
    await ledger.take()
    const verdict = judge(samples)
    const faults = [...verdict.faults, ...(await missing(feeder, ledger))]
    await ledger.close()
    const heapMb = (verdict.heapGrowthBytes / 2 ** 20).toFixed(1)
    console.log(
      `${ledger.rows} rows; heap ${heapMb} MiB, open files ${verdict.openFilesGrowth} from the second third to the last; event loop late by ${verdict.loopDelayMs.toFixed(1)} ms (99th percentile)`,
    )
    for (const fault of faults) console.log(`FAILED: ${fault}`)
    const figures = {
      seconds,
      capacity,
      rate: feeder.rate,
      fed: feeder.fed,
      rows: ledger.rows,
      verdict,
      faults,
      samples,
    }
    if (report !== undefined) await writeFile(report, `${JSON.stringify(figures, null, 2)}\n`)
    return faults.length === 0 ? 0 : 1
  } finally {
    await job.kill()
  }
}

/** Rows a second when there is always enough to do, while they are sent on the same machine. */
async function measureCapacity(feeder: Feeder, job: ServedJob): Promise<number> {
  const begun = performance.now()
  let from: { readonly at: number; readonly committed: number } | undefined
  for (;;) {
    const { committed } = await job.sample()
    feeder.rate = feeder.fed - committed > ENOUGH_TO_DO ? 0 : UNLIMITED
    const at = (performance.now() - begun) / 1_000
    if (at > WARM_UP_SECONDS) from ??= { at, committed }
    if (from !== undefined && at > from.at + CALIBRATION_SECONDS) return (committed - from.committed) / (at - from.at)
    await sleep(50)
  }
}

async function watch(seconds: number, feeder: Feeder, job: ServedJob, ledger: RowLedger): Promise<Sample[]> {
  const samples: Sample[] = []
  const begun = performance.now()
  const every = Math.max(1, seconds / SAMPLES)
  for (let next = every; next <= seconds; next += every) {
    await Promise.race([sleep(begun + next * 1_000 - performance.now()), feeder.done, job.unexpectedEnd])
    await ledger.take()
    const sample = await job.sample((performance.now() - begun) / 1_000)
    samples.push(sample)
    const { at, committed, heapBytes, openFiles, loopDelayMs } = sample
    process.stderr.write(
      `${at.toFixed(0)} s: ${committed} rows, ${feeder.fed - committed} behind, heap ${thousands(heapBytes / 1_024)} MiB, ${openFiles} files, loop ${loopDelayMs.toFixed(1)} ms\n`,
    )
  }
  return samples
}

/** Waits until everything that was sent is in the table. */
async function reached(job: ServedJob, fed: number): Promise<void> {
  while ((await job.sample()).committed < fed) await Promise.race([sleep(100), job.unexpectedEnd])
}

/** What is not as it was sent: rows, and the readings in the aggregates of the minutes that are over. */
async function missing(feeder: Feeder, ledger: RowLedger): Promise<string[]> {
  const faults: string[] = []
  if (ledger.rows !== feeder.fed) faults.push(`${feeder.fed} rows were sent and ${ledger.rows} came`)
  for (const partition of ledger.wrongPartitions) faults.push(`partition ${partition} lost or repeated rows`)
  const aggregated = await ledger.aggregated()
  const last = Math.max(...feeder.perMinute.keys())
  for (const [minute, readings] of feeder.perMinute) {
    if (minute >= last - 60_000 || aggregated.get(minute) === readings) continue
    faults.push(
      `minute ${new Date(minute).toISOString()}: ${readings} readings, ${aggregated.get(minute) ?? 0} in the aggregates`,
    )
  }
  return faults
}

function above(name: string, text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new Error(`--${name} takes a number above 0; got "${text}". See --help.`)
}

function thousands(value: number): string {
  return (value / 1_000).toFixed(1)
}

const PARTITIONS = 4
/** What the job has read may go: the topic would fill the disk. */
const SMALL_LOG = {
  'retention.ms': '-1',
  'retention.bytes': String(256 * 2 ** 20),
  'segment.bytes': String(32 * 2 ** 20),
}
const WARM_UP_SECONDS = 8
const CALIBRATION_SECONDS = 12
const ENOUGH_TO_DO = 200_000
const UNLIMITED = 2_000_000
const SAMPLES = 60

main().then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  },
)
