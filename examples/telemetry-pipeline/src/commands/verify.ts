import type { CommandContext } from '../cli/program.ts'
import type { Settings } from '../cli/settings.ts'
import { makeReport, writeReport } from '../output/report.ts'
import { verdict } from '../output/summary.ts'
import { runVerification } from '../stages/run-verification.ts'
import { csvFile } from './csv-file.ts'

/** Compares the tables with the CSV. 0 when nothing differs, else 1. */
export async function verifyCommand(given: Settings, context: CommandContext): Promise<number> {
  const startedAt = performance.now()
  const { settings, generateSeconds } = await csvFile(given, context)
  const verify = await runVerification(settings, context)
  context.progress.end()
  for (const line of verdict(verify)) context.print(line)
  if (settings.reportFile !== undefined) {
    const totalSeconds = (performance.now() - startedAt) / 1000
    const kafka = settings.brokers === undefined ? null : { kind: 'external' as const, brokers: settings.brokers }
    const postgres = { kind: 'external' as const, version: verify.version }
    await writeReport(settings.reportFile, makeReport({ totalSeconds, generateSeconds, verify, kafka, postgres }))
  }
  return verify.verified ? 0 : 1
}
