import type { Verification } from '../verify/verify-tables.ts'
import { count } from './progress.ts'
import { rowsPerSecond } from './report.ts'
import type { JobResult, ProduceResult } from './stage-results.ts'

/** One line of agg_1min, as an example of the results. */
export interface SampleMinute {
  readonly window_start: string
  readonly sensor_id: string
  readonly cnt: string
  readonly avg_value: number
  readonly min_value: number
  readonly max_value: number
}

export interface RunSummary {
  readonly produce: ProduceResult
  readonly job: JobResult
  readonly verify: Verification & { readonly seconds: number }
  readonly totalSeconds: number
  readonly topic: string
  readonly brokers: readonly string[]
  /** `host:port/database`, never with a password. */
  readonly database: string
  readonly embedded: { readonly kafka: boolean; readonly postgres: boolean }
  readonly minutes: readonly SampleMinute[]
}

/** What `run` prints at its end. */
export function describeRun(run: RunSummary): string {
  const { produce, job, verify } = run
  return [
    '',
    `CSV            ${count(produce.rowsRead)} rows`,
    `topic          ${count(produce.produced)} messages on ${run.topic}, ${count(produce.deadLettered)} bad rows on ${run.topic}.dead`,
    `job            ${count(job.consumed)} messages read, ${job.guarantee}, ${count(job.checkpoints)} checkpoints`,
    ...restartLines(job),
    `raw_events     ${count(verify.rawRows)} rows`,
    `agg_1min       ${count(verify.aggregateRows)} rows`,
    `dead_letters   ${count(verify.deadLetters)} rows; ${count(verify.lateRecords)} records were too late for their minute`,
    '',
    stageLine('produce', produce),
    stageLine('job', job),
    `verify   ${seconds(verify.seconds)}`,
    `total    ${seconds(run.totalSeconds)}`,
    '',
    ...(run.minutes.length === 0 ? [] : ['The latest rows of telemetry.agg_1min:', ...table(run.minutes), '']),
    ...verdict(verify),
    '',
    ...whereToLook(run),
  ].join('\n')
}

/** How often the job went back to its last checkpoint, and after what; nothing when it never did. */
export function restartLines({ restarts, lastFailure }: Pick<JobResult, 'restarts' | 'lastFailure'>): string[] {
  if (restarts === 0) return []
  const last =
    lastFailure === undefined ? '' : `; last at ${new Date(lastFailure.at).toISOString()}: ${lastFailure.message}`
  return [`restarts       ${count(restarts)} from the last checkpoint${last}`]
}

/** What `verify` prints: the sums and every difference. */
export function verdict(verify: Verification): string[] {
  if (verify.verified) {
    const dead = verify.badRows > 0 ? `, ${count(verify.badRows)} of them bad and in no table` : ''
    return [
      `VERIFIED: ${count(verify.rows)} rows in the CSV${dead}; ${count(verify.rawRows)} rows in raw_events and ${count(verify.aggregateRows)} in agg_1min, none missing, none twice, none wrong.`,
      ...(verify.lateRecords > 0
        ? [
            `${count(verify.lateRecords)} of the rows came after their minute and its allowed lateness were over: they are in raw_events and late_records, in no row of agg_1min.`,
          ]
        : []),
    ]
  }
  return ['NOT VERIFIED: the tables differ from the CSV.', ...verify.findings.map(finding => `  - ${finding}`)]
}

export function stageLine(name: string, stage: ProduceResult | JobResult): string {
  return `${name.padEnd(9)}${seconds(stage.seconds)}  ${count(rowsPerSecond(stage)).padStart(9)} rows/s  ${stage.cpuSeconds.toFixed(2).padStart(6)} s CPU  ${count(stage.peakRssMb).padStart(5)} MB peak`
}

function seconds(value: number): string {
  return `${value.toFixed(2).padStart(7)} s`
}

function table(minutes: readonly SampleMinute[]): string[] {
  const header = ['window_start', 'sensor_id', 'cnt', 'avg_value', 'min_value', 'max_value']
  const rows = minutes.map(minute => [
    minute.window_start,
    minute.sensor_id,
    minute.cnt,
    minute.avg_value.toFixed(3),
    String(minute.min_value),
    String(minute.max_value),
  ])
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map(row => row[i]!.length)))
  return [header, ...rows].map(row => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd())
}

function whereToLook({ embedded, database, topic, brokers }: RunSummary): string[] {
  const lines = ['Where to look next']
  if (embedded.postgres || embedded.kafka) {
    const which =
      embedded.postgres && embedded.kafka
        ? 'Broker and database were'
        : embedded.postgres
          ? 'The database was'
          : 'The broker was'
    lines.push(`  ${which} embedded and end with this command. With servers of your own the results stay:`)
    lines.push('    pnpm example:telemetry --kafka HOST:PORT --postgres postgres://USER:PASSWORD@HOST:PORT/DATABASE')
  }
  if (!embedded.postgres) {
    lines.push(`  psql ${database} -c 'select * from telemetry.agg_1min order by window_start desc limit 10'`)
    lines.push('  tables telemetry.raw_events, telemetry.agg_1min, telemetry.dead_letters, telemetry.late_records')
  }
  if (!embedded.kafka)
    lines.push(`  topic ${topic} (and ${topic}.dead): kcat -b ${brokers.join(',')} -t ${topic} -C -c 3`)
  lines.push('  examples/telemetry-pipeline/src/pipeline.ts: the whole dataflow on one screen')
  return lines
}
