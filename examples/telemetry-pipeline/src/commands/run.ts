import { StreamError } from '@rtp/stream-core/extend'
import { ChildProcess } from '../children/child-process.ts'
import type { CommandContext } from '../cli/program.ts'
import { databaseName } from '../cli/secrets.ts'
import type { Settings } from '../cli/settings.ts'
import { makeReport, writeReport } from '../output/report.ts'
import type { JobResult, ProduceResult } from '../output/stage-results.ts'
import { describeRun } from '../output/summary.ts'
import { prepareServers } from '../stages/prepare-servers.ts'
import { runVerification } from '../stages/run-verification.ts'
import { csvFile } from './csv-file.ts'
import { type Servers, startServers } from './servers.ts'

/** The whole pipeline once: sample, servers, producer and job side by side, verification, summary. 0 when verified, else 1. */
export async function runCommand(given: Settings, context: CommandContext): Promise<number> {
  const startedAt = performance.now()
  const csv = await csvFile(given, context)
  const servers = await startServers(csv.settings, listenerOf(context))
  try {
    return await runWith(
      servers,
      { ...servers.settings, input: csv.settings.input },
      context,
      startedAt,
      csv.generateSeconds,
    )
  } finally {
    await servers.stop()
  }
}

async function runWith(
  { kinds, failed }: Servers,
  settings: Settings & { readonly input: string },
  context: CommandContext,
  startedAt: number,
  generateSeconds: number,
): Promise<number> {
  const { progress } = context
  const { config, brokers = [] } = settings
  const database = databaseName(settings.database?.url, process.env)
  context.say(
    `broker ${brokers.join(',')} (${kinds.kafka}), database ${kinds.postgres === 'embedded' ? '(embedded)' : database}`,
  )
  await prepareServers(settings, context)
  const { produce, job } = await runSideBySide(settings, failed, context)

  const verify = await runVerification(settings, context, produce.rowsRead)
  const totalSeconds = (performance.now() - startedAt) / 1000
  const embedded = { kafka: kinds.kafka === 'embedded', postgres: kinds.postgres === 'embedded' }
  progress.end()
  const { topic } = config
  context.print(
    describeRun({
      produce,
      job,
      verify,
      totalSeconds,
      topic,
      brokers,
      database,
      embedded,
      minutes: verify.latestMinutes,
    }),
  )
  if (settings.reportFile !== undefined) {
    const kafka = { kind: kinds.kafka, brokers }
    const postgres = { kind: kinds.postgres, version: verify.version }
    const measured = { totalSeconds, generateSeconds, produce, job, verify, kafka, postgres }
    await writeReport(settings.reportFile, makeReport(measured))
  }
  return verify.verified ? 0 : 1
}

/** Producer and job at the same time, each in a process of its own; the job ends when it has read all that the producer sent. */
async function runSideBySide(
  settings: Settings,
  brokerFailed: Promise<never>,
  context: CommandContext,
): Promise<{ readonly produce: ProduceResult; readonly job: JobResult }> {
  const listener = listenerOf(context)
  const job = new ChildProcess('job', settings, listener)
  const produce = new ChildProcess('produce', settings, listener)
  const stop = () => void Promise.all([produce.stop(), job.stop()])
  context.stopping.addEventListener('abort', stop, { once: true })
  if (context.stopping.aborted) stop()
  try {
    const failed = Promise.race([brokerFailed, failureOf(job), failureOf(produce)])
    const produced = await Promise.race([produce.result, failed])
    context.progress.finish('produce')
    job.inputComplete()
    const done = await Promise.race([job.result, failed])
    context.progress.finish('job')
    if (context.stopping.aborted || !produced.complete) throw stopped(produced, done)
    return { produce: produced, job: done }
  } catch (cause) {
    await Promise.all([produce.kill(), job.kill()])
    throw cause
  } finally {
    context.stopping.removeEventListener('abort', stop)
  }
}

async function failureOf(child: ChildProcess<'job' | 'produce'>): Promise<never> {
  await child.result
  return new Promise<never>(() => undefined)
}

function stopped(produce: ProduceResult, job: JobResult): StreamError {
  return new StreamError(
    'STOPPED',
    `the run was stopped after ${produce.produced} messages sent and ${job.rawRows} rows committed; nothing was verified.`,
  )
}

function listenerOf({ progress, say }: CommandContext) {
  return {
    progress: (stage: Parameters<typeof progress.update>[0]) => progress.update(stage),
    say,
  }
}
