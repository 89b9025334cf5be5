import type { CommandContext } from '../cli/program.ts'
import type { Settings } from '../cli/settings.ts'
import { textLogger } from '../output/console-logger.ts'
import { count } from '../output/progress.ts'
import { makeReport, writeReport } from '../output/report.ts'
import { restartLines, stageLine } from '../output/summary.ts'
import { openDatabase } from '../stages/database.ts'
import { runJob } from '../stages/run-job.ts'

/** Kafka -> PostgreSQL, until a signal or, with --until-end, the end of the topic. 0 when everything that was read is committed. */
export async function jobCommand(settings: Settings, context: CommandContext): Promise<number> {
  const startedAt = performance.now()
  const { progress, stopping } = context
  const job = await runJob(settings, {
    logger: textLogger(context.say),
    say: context.say,
    stopping,
    onReady: () => context.say(`reading ${settings.config.topic}`),
    onProgress: (rows, share) => progress.update({ stage: 'job', rows, share }),
  })
  progress.end()
  context.print(
    `${count(job.consumed)} messages read: ${count(job.rawRows)} rows in raw_events, ${count(job.deadLettered)} in dead_letters, ${count(job.lateRecords)} too late for their minute; ${job.guarantee}`,
  )
  for (const line of restartLines(job)) context.print(line)
  context.print(stageLine('job', job))
  if (settings.reportFile !== undefined) {
    const totalSeconds = (performance.now() - startedAt) / 1000
    const { client, version } = await openDatabase(settings, context)
    await client.end()
    const kafka = { kind: 'external' as const, brokers: settings.brokers ?? [] }
    const postgres = { kind: 'external' as const, version }
    await writeReport(settings.reportFile, makeReport({ totalSeconds, job, kafka, postgres }))
  }
  return 0
}
