import { embeddedKafka, postgres, realKafka } from '@rtp/test-servers'
import type { Benchmark, BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { spread } from '../harness/compare.ts'
import { runStage, type StageReport } from './stage-run.ts'

/** 1 M rows, CSV -> Kafka -> PostgreSQL: the telemetry example as its users run it, each stage a process. */
export const endToEnd: Benchmark = {
  name: 'end-to-end',
  title: '1 M rows CSV -> Kafka -> PostgreSQL, exactly once: each stage alone, then both side by side',
  async run(options): Promise<readonly Comparison[]> {
    const database = await postgres()
    const real = await realKafka()
    const embedded = await embeddedKafka()
    try {
      const brokers = 'skipped' in real ? [embedded] : [real, embedded]
      const comparisons: Comparison[] = []
      for (const broker of brokers) comparisons.push(await measure(broker, database, options))
      return comparisons
    } finally {
      await embedded.stop()
      if (!('skipped' in real)) await real.stop()
      await database.stop()
    }
  },
}

type Database = Awaited<ReturnType<typeof postgres>>

async function measure(
  broker: { readonly name: string; readonly brokers: readonly string[] },
  database: Database,
  { quick, log }: BenchmarkOptions,
): Promise<Comparison> {
  const rows = quick ? 50_000 : 1_000_000
  const rounds = quick ? 1 : 5
  const alone: { produce: StageReport; job: StageReport }[] = []
  const together: StageReport[] = []
  for (let round = 1; round <= rounds; round++) {
    alone.push(
      await withFreshServers(broker, database, async servers => ({
        produce: await runStage(['produce', '--rows', String(rows)], servers),
        job: await runStage(['job', '--until-end', '--no-dashboard'], servers),
      })),
    )
    together.push(
      await withFreshServers(broker, database, servers =>
        runStage(['run', '--no-dashboard', '--rows', String(rows)], servers),
      ),
    )
    log(`end-to-end, ${broker.name}: round ${round}/${rounds}`)
  }
  if (!together.every(({ verified }) => verified)) throw new Error('a run was not verified')
  const more = quick ? 2 * rows : 5 * rows
  const large = await withFreshServers(broker, database, async servers => {
    await runStage(['produce', '--rows', String(more)], servers)
    return runStage(['job', '--until-end', '--no-dashboard'], servers)
  })
  const sideBySide = together.map(({ seconds }) => Math.max(seconds.produce, seconds.job))
  return {
    title: `end to end: ${rows / 1e6} M rows, ${broker.name}, PostgreSQL ${database.version}`,
    rows: [
      row(
        'producer alone',
        alone.map(({ produce }) => ({ seconds: produce.seconds.produce, cpu: produce.cpuSeconds.produce })),
        rows,
      ),
      row(
        'job alone',
        alone.map(({ job }) => ({ seconds: job.seconds.job, cpu: job.cpuSeconds.job })),
        rows,
      ),
      row(
        'producer and job side by side',
        together.map(({ cpuSeconds }, i) => ({ seconds: sideBySide[i]!, cpu: cpuSeconds.produce + cpuSeconds.job })),
        rows,
      ),
    ],
    notes: [
      `side by side, seconds: ${sideBySide.map(seconds => seconds.toFixed(1)).join(', ')}`,
      `peak memory, MB: producer ${highest(alone.map(({ produce }) => produce.peakRssMb.produce))}, job ${highest(alone.map(({ job }) => job.peakRssMb.job))}; job over ${more / 1e6} M rows ${large.peakRssMb.job.toFixed(0)}`,
      'CPU is that of the stage alone, not of broker and database, which share the machine; times include the start of the process',
    ],
  }
}

function row(name: string, runs: readonly { readonly seconds: number; readonly cpu: number }[], rows: number) {
  return {
    name,
    rounds: runs.length,
    recordsPerSecond: spread(runs.map(({ seconds }) => rows / seconds)),
    cpuMicrosPerRecord: spread(runs.map(({ cpu }) => (cpu * 1e6) / rows)),
  }
}

/** A topic and a database that nothing was written to before: a used table meets vacuum and checkpoints of earlier rounds. */
async function withFreshServers<R>(
  { brokers }: { readonly brokers: readonly string[] },
  database: Database,
  use: (servers: Parameters<typeof runStage>[1]) => Promise<R>,
): Promise<R> {
  const fresh = await database.freshDatabase()
  try {
    return await use({ brokers, postgresUrl: fresh.url, topic: `bench-${process.pid}-${nextTopic++}` })
  } finally {
    await fresh.drop()
  }
}

let nextTopic = 0

function highest(values: readonly number[]): string {
  return Math.max(...values).toFixed(0)
}
