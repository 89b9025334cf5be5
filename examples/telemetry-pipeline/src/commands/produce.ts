import type { CommandContext } from '../cli/program.ts'
import type { Settings } from '../cli/settings.ts'
import { textLogger } from '../output/console-logger.ts'
import { count } from '../output/progress.ts'
import { makeReport, writeReport } from '../output/report.ts'
import { stageLine } from '../output/summary.ts'
import { runProducer } from '../stages/run-producer.ts'
import { csvFile } from './csv-file.ts'

/** CSV -> Kafka. 0 when every row of the CSV is acknowledged, on the topic or on the dead topic. */
export async function produceCommand(given: Settings, context: CommandContext): Promise<number> {
  const startedAt = performance.now()
  const { settings, generateSeconds } = await csvFile(given, context)
  const { progress, stopping } = context
  const produce = await runProducer(settings, {
    logger: textLogger(context.say),
    say: context.say,
    stopping,
    onReady: () => undefined,
    onProgress: (rows, share) => progress.update({ stage: 'produce', rows, share }),
  })
  progress.end()
  const { topic } = settings.config
  context.print(
    `${count(produce.rowsRead)} rows read: ${count(produce.produced)} messages on ${topic}, ${count(produce.deadLettered)} bad rows on ${topic}.dead`,
  )
  context.print(stageLine('produce', produce))
  if (!produce.complete) context.print('stopped before the end of the CSV')
  if (settings.reportFile !== undefined) {
    const totalSeconds = (performance.now() - startedAt) / 1000
    const kafka = { kind: 'external' as const, brokers: settings.brokers ?? [] }
    await writeReport(settings.reportFile, makeReport({ totalSeconds, generateSeconds, produce, kafka }))
  }
  return produce.complete ? 0 : 1
}
