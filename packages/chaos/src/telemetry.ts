import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../examples/telemetry-pipeline/dist/main.js', import.meta.url))

/** Where one round works: its own topic and database, so that rounds cannot help or hurt each other. */
export interface Place {
  readonly brokers: string
  readonly topic: string
  readonly database: string
  /** Configuration file of the job. */
  readonly config: string
  /** For reports. */
  readonly folder: string
}

/** What `verify` reports; see the contract of the telemetry example. */
export interface VerifyReport {
  readonly verified: boolean
  readonly rawRows: number
  readonly aggregateRows: number
  readonly differences: Readonly<
    Record<'missingRows' | 'extraRows' | 'wrongAggregates' | 'missingAggregates' | 'extraAggregates', number>
  >
}

/** Runs a command of the telemetry example to its end; throws what it said when it fails. */
export async function runCommand(place: Place, command: string, args: readonly string[]): Promise<void> {
  const { child, said } = launch(place, [command, ...args])
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (code !== 0) throw new Error(`telemetry ${command} ended with ${signal ?? code}:\n${said()}`)
}

/** Compares the tables with the input; differences are no error here. */
export async function verify(place: Place, rows: number): Promise<VerifyReport> {
  const report = join(place.folder, `${place.topic}.json`)
  const { child, said } = launch(place, ['verify', '--rows', String(rows), '--report', report])
  await once(child, 'exit')
  const text = await readFile(report, 'utf8').catch(() => {
    throw new Error(`telemetry verify wrote no report:\n${said()}`)
  })
  return JSON.parse(text) as VerifyReport
}

/** One job process, which is started again whenever it was killed. */
export class JobProcess {
  /** Ends that nobody asked for, with what the process said last. */
  readonly surprises: string[] = []
  readonly #place: Place
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #isExpected = false

  constructor(place: Place) {
    this.#place = place
  }

  start(): void {
    const { child, said } = launch(this.#place, ['job', '--no-dashboard', '--config', this.#place.config])
    this.#child = child
    this.#isExpected = false
    this.#ended = once(child, 'exit').then(([code, signal]) => {
      if (!this.#isExpected) this.surprises.push(`ended with ${signal ?? code}: ${said().trim().split('\n').at(-1)}`)
      if (this.#child === child) this.#child = undefined
    })
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Drains and commits; one that does not end by itself within the time is killed, which is a surprise too. */
  async stop(withinMs: number): Promise<void> {
    const overdue = setTimeout(() => {
      this.surprises.push(`did not stop within ${withinMs} ms`)
      this.#child?.kill('SIGKILL')
    }, withinMs)
    await this.#end('SIGTERM')
    clearTimeout(overdue)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#isExpected = true
    this.#child?.kill(signal)
    await this.#ended
  }
}

/** A command of the telemetry example as a process; `said` is the end of what it wrote to stderr. */
export function launch(
  place: Pick<Place, 'brokers' | 'topic' | 'database'>,
  args: readonly string[],
): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      KAFKA_BROKERS: place.brokers,
      TOPIC: place.topic,
      DATABASE_URL: place.database,
      PSEUDONYM_KEY: 'chaos',
    },
  })
  let text = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    // Enough to see why it ended.
    text = (text + chunk.toString()).slice(-8_000)
  })
  return { child, said: () => text }
}
