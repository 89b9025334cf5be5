import { rename, rm, writeFile } from 'node:fs/promises'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import type { Differences, Verification } from '../verify/verify-tables.ts'
import type { JobResult, ProduceResult } from './stage-results.ts'

/** The figures of one run. What a command did not do or cannot know is null. */
export interface Report {
  readonly rowsRead: number | null
  readonly produced: number | null
  readonly deadLettered: { readonly producer: number | null; readonly job: number | null }
  readonly consumed: number | null
  readonly rawRows: number | null
  readonly aggregateRows: number | null
  readonly lateRecords: number | null
  readonly verified: boolean | null
  readonly differences: Differences | null
  readonly seconds: {
    readonly total: number
    readonly generate: number | null
    readonly produce: number | null
    readonly job: number | null
    readonly verify: number | null
  }
  readonly rowsPerSecond: PerStage
  readonly cpuSeconds: PerStage
  readonly peakRssMb: PerStage
  readonly kafka: { readonly kind: ServerKind; readonly brokers: readonly string[] } | null
  readonly postgres: { readonly kind: ServerKind; readonly version: string } | null
  readonly guarantee: string | null
}

export type ServerKind = 'embedded' | 'external'

interface PerStage {
  readonly produce: number | null
  readonly job: number | null
}

/** What a run measured; parts that it did not have are left out. */
export interface Measured {
  readonly totalSeconds: number
  readonly generateSeconds?: number
  readonly produce?: ProduceResult
  readonly job?: JobResult
  readonly verify?: Verification & { readonly seconds: number }
  readonly kafka?: Report['kafka']
  readonly postgres?: Report['postgres']
}

export function makeReport({ totalSeconds, generateSeconds, produce, job, verify, kafka, postgres }: Measured): Report {
  const perStage = (of: (stage: ProduceResult | JobResult) => number, digits: number): PerStage => ({
    produce: produce === undefined ? null : rounded(of(produce), digits),
    job: job === undefined ? null : rounded(of(job), digits),
  })
  return {
    rowsRead: produce?.rowsRead ?? verify?.rows ?? null,
    produced: produce?.produced ?? null,
    deadLettered: { producer: produce?.deadLettered ?? null, job: job?.deadLettered ?? verify?.deadLetters ?? null },
    consumed: job?.consumed ?? null,
    rawRows: verify?.rawRows ?? job?.rawRows ?? null,
    aggregateRows: verify?.aggregateRows ?? null,
    lateRecords: verify?.lateRecords ?? job?.lateRecords ?? null,
    verified: verify?.verified ?? null,
    differences: verify?.differences ?? null,
    seconds: {
      total: rounded(totalSeconds, 3),
      generate: generateSeconds === undefined ? null : rounded(generateSeconds, 3),
      ...perStage(stage => stage.seconds, 3),
      verify: verify === undefined ? null : rounded(verify.seconds, 3),
    },
    rowsPerSecond: perStage(rowsPerSecond, 0),
    cpuSeconds: perStage(stage => stage.cpuSeconds, 3),
    peakRssMb: perStage(stage => stage.peakRssMb, 1),
    kafka: kafka ?? null,
    postgres: postgres ?? null,
    guarantee: job?.guarantee ?? null,
  }
}

export function rowsPerSecond(stage: ProduceResult | JobResult): number {
  const rows = 'consumed' in stage ? stage.consumed : stage.rowsRead
  return stage.seconds > 0 ? rows / stage.seconds : 0
}

/** Writes the report whole or not at all. Errors: `REPORT_UNWRITABLE`. */
export async function writeReport(file: string, report: Report): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    await writeFile(temporary, `${JSON.stringify(report, null, 2)}\n`)
    await rename(temporary, file)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw new StreamError(
      'REPORT_UNWRITABLE',
      `the report cannot be written to ${file}: ${messageOf(cause)}. Name another --report.`,
      {
        cause,
      },
    )
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
