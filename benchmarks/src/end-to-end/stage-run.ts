import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the telemetry example says of one run, as far as it is needed here. */
export interface StageReport {
  readonly produced: number
  readonly consumed: number
  readonly rawRows: number
  readonly verified: boolean
  readonly seconds: { readonly total: number; readonly produce: number; readonly job: number }
  readonly cpuSeconds: { readonly produce: number; readonly job: number }
  readonly peakRssMb: { readonly produce: number; readonly job: number }
}

export interface StageServers {
  readonly brokers: readonly string[]
  readonly postgresUrl: string
  readonly topic: string
}

/** Runs a command of the telemetry example as a process of its own, as a user does, and reads its report. */
export async function runStage(
  args: readonly string[],
  { brokers, postgresUrl, topic }: StageServers,
): Promise<StageReport> {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-bench-'))
  const report = join(folder, 'report.json')
  const program = fileURLToPath(new URL('../../examples/telemetry-pipeline/dist/main.js', import.meta.url))
  const addresses = [
    '--kafka',
    brokers.join(','),
    '--topic',
    topic,
    ...(args[0] === 'produce' ? [] : ['--postgres', postgresUrl]),
  ]
  try {
    const child = spawn(process.execPath, [program, ...args, ...addresses, '--report', report], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', resolve)
    })
    if (code !== 0) throw new Error(`telemetry ${args.join(' ')} ended with ${code}:\n${said}`)
    return JSON.parse(await readFile(report, 'utf8')) as StageReport
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
