import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CrashPoint } from '@rtp/stream-core/extend'
import { networkProxy } from '@rtp/stream-testing/network'
import { freshDatabase } from '@rtp/test-servers'
import { reachablePoints, TELEMETRY_POINTS } from './failpoints.ts'
import { dealFaults, faultName, type MomentFault } from './fault.ts'
import { NetworkHurt, type Networks, reportOf } from './networks.ts'
import { type ChaosOptions, readOptions, USAGE } from './options.ts'
import { Random } from './random.ts'
import { type RoundResult, runRound } from './round.ts'
import { startDatabase } from './servers/database.ts'
import type { Hurtable } from './servers/hurtable.ts'
import { startKafka } from './servers/kafka.ts'

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) {
    console.log(USAGE)
    return 0
  }
  const startedAt = performance.now()
  const networks = options.networkFaults === 0 ? undefined : await startNetworks(options.seed)
  const [kafka, postgres] = await Promise.all([
    startKafka(options.kafka, networks?.kafka),
    startDatabase(options.postgres),
  ])
  try {
    refuse(
      networks !== undefined && kafka.kill === undefined,
      '--network-faults needs a broker that tells its clients our address instead of its own: leave --kafka out, or give 0',
    )
    refuse(
      options.brokerKills > 0 && kafka.kill === undefined,
      '--broker-kills needs a broker that is ours to kill: leave --kafka out, or give 0',
    )
    refuse(
      options.dbKills > 0 && postgres.kill === undefined,
      '--db-kills needs a database that is ours to kill: leave --postgres out, or give 0',
    )
    const rounds = await runRounds(options, { kafka, postgres, networks })
    return await conclude(options, rounds, {
      kafka,
      postgres,
      networks,
      seconds: (performance.now() - startedAt) / 1000,
    })
  } finally {
    await Promise.all([networks?.kafka.close(), networks?.postgres.close()])
    await Promise.all([kafka.stop(), postgres.stop()])
  }
}

async function startNetworks(seed: number): Promise<Networks> {
  const [kafka, postgres] = await Promise.all([networkProxy({ seed }), networkProxy({ seed: seed + 1 })])
  return { kafka, postgres }
}

async function runRounds(options: ChaosOptions, { kafka, postgres, networks }: Servers): Promise<RoundResult[]> {
  const random = new Random(options.seed)
  const folder = await mkdtemp(join(tmpdir(), 'rtp-chaos-'))
  const sessionTimeoutMs = options.kafka === 'embedded' ? 400 : 6_000
  const config = join(folder, 'config.json')
  // Checkpoints every few milliseconds, so that a fault is likely to meet one.
  await writeFile(
    config,
    JSON.stringify({
      version: 1,
      threads: options.threads,
      checkpoint: { intervalMs: 20, records: 400 },
      group: { sessionTimeoutMs },
      // Short ones, or most of the time would go by in waiting for connections that are dead.
      ...(networks === undefined ? {} : { timeouts: { connectMs: 1_000, answerMs: 2_000 } }),
    }),
  )
  console.log(
    `${kafka.name}, ${postgres.name}, ${options.processes} processes of ${options.threads} threads, seed ${options.seed}`,
  )
  const points = reachablePoints(options.processes, postgres.kill !== undefined)
  let left = dealFaults(options, points, random)
  const hurt = networks && new NetworkHurt(networks, options.networkFaults, options.seed)
  const rounds: RoundResult[] = []
  try {
    while (left.length > 0 || rounds.length === 0) {
      const database = await freshDatabase(postgres.address)
      const topic = `chaos.${options.seed}.${rounds.length}`
      const url = networks?.postgres.through(database.url) ?? database.url
      const place = { brokers: kafka.address, topic, database: url, watched: database.url, config, folder }
      if (networks !== undefined) networks.postgres.target = new URL(database.url).host
      const say = (line: string): void => void process.stderr.write(`round ${rounds.length + 1}: ${line}\n`)
      const round = await runRound(left, {
        ...options,
        place,
        sessionTimeoutMs,
        kafka,
        postgres,
        networks: hurt,
        random,
        say,
      })
      rounds.push(round)
      left = left.slice(round.dealt.length + round.missed.length)
      console.log(`round ${rounds.length}: ${round.dealt.length} faults, ${verdict(round)}`)
      for (const fault of round.missed) console.log(`  no job process reached its ${faultName(fault)}`)
      for (const surprise of round.surprises) console.log(`  a job process ${surprise}`)
      await database.drop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return rounds
}

function verdict({ report }: RoundResult): string {
  return report.verified
    ? `${report.rawRows} rows and ${report.aggregateRows} aggregates as they should be`
    : `DIFFERS: ${JSON.stringify(report.differences)}`
}

interface Servers {
  readonly kafka: Hurtable
  readonly postgres: Hurtable
  /** Undefined where none is to fail. */
  readonly networks: Networks | undefined
}

interface Conditions extends Servers {
  readonly seconds: number
}

/** Adds the rounds up, prints and writes the sums; 0 when nothing was lost, duplicated or wrong. */
async function conclude(options: ChaosOptions, rounds: readonly RoundResult[], at: Conditions): Promise<number> {
  const total = (of: (round: RoundResult) => number): number => rounds.reduce((sum, round) => sum + of(round), 0)
  const dealt = (fault: MomentFault): number => total(round => round.dealt.filter(one => one === fault).length)
  const lost = total(({ report }) => report.differences.missingRows)
  const duplicated = total(({ report }) => report.differences.extraRows)
  const wrong = total(({ report: { differences: d } }) => d.wrongAggregates + d.missingAggregates + d.extraAggregates)
  const verified = rounds.every(({ report }) => report.verified)
  const failpoints = deathsByPoint(options.failpoints, rounds)
  const deaths = Object.values(failpoints).reduce((sum, count) => sum + count, 0)
  const missed = rounds.flatMap(round => round.missed.map(faultName))
  const faults = {
    kills: dealt('kill'),
    pauses: dealt('pause'),
    dbKills: dealt('db-kill'),
    brokerKills: dealt('broker-kill'),
    networkFaults: dealt('network'),
  }
  const result = {
    seed: options.seed,
    kafka: at.kafka.name,
    postgres: at.postgres.name,
    processes: options.processes,
    threads: options.threads,
    rounds: rounds.length,
    rows: total(({ report }) => report.rawRows),
    faults,
    failpoints,
    missed,
    ...(at.networks === undefined ? {} : { networkFaults: reportOf(at.networks, faults.networkFaults) }),
    lost,
    duplicated,
    wrong,
    verified,
    surprises: rounds.flatMap(({ surprises }) => surprises),
    seconds: Math.round(at.seconds * 10) / 10,
  }
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(result, null, 2)}\n`)
  console.log(
    `${faults.kills} kills, ${faults.pauses} pauses, ${faults.dbKills} database kills, ${faults.brokerKills} broker kills, ${faults.networkFaults} network faults, ${deaths} deaths at points over ${rounds.length} rounds in ${result.seconds} s`,
  )
  console.log(`${lost} lost, ${duplicated} duplicated, ${wrong} wrong${verified ? '' : ' (NOT VERIFIED)'}`)
  return verified && missed.length === 0 ? 0 : 1
}

/** Deaths at each point, of those that there were to be. */
function deathsByPoint(wanted: number, rounds: readonly RoundResult[]): Partial<Record<CrashPoint, number>> {
  const deaths: Partial<Record<CrashPoint, number>> = {}
  if (wanted > 0) for (const point of TELEMETRY_POINTS.keys()) deaths[point] = 0
  for (const { dealt } of rounds) {
    for (const fault of dealt) if (typeof fault !== 'string') deaths[fault.point] = (deaths[fault.point] ?? 0) + 1
  }
  return deaths
}

function refuse(condition: boolean, what: string): void {
  if (condition) throw new Error(`${what}.`)
}

main().then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  },
)
