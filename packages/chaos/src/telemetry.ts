import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CrashAt } from './crash-at.ts'

const PROGRAM = fileURLToPath(new URL('../../../examples/telemetry-pipeline/dist/main.js', import.meta.url))
/** Beside the program of chaos when it is built. */
const CRASH_AT = new URL('./crash-at.js', import.meta.url).href

/** Where one round works: its own topic and database, so that rounds cannot help or hurt each other. */
export interface Place {
  readonly brokers: string
  readonly topic: string
  readonly database: string
  /** The same database, past the network that may fail: for those who look on. */
  readonly watched: string
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
  readonly #number: number
  #child: ChildProcess | undefined
  #said: () => string = () => ''
  #ended: Promise<unknown> = Promise.resolve()
  #isExpected = false
  #crashes = 0

  constructor(place: Place, number: number) {
    this.#place = place
    this.#number = number
  }

  /** With a point, it dies there when it gets there; see `hasDiedAt`. */
  start(crash?: Omit<CrashAt, 'report'>): void {
    const at = crash && { ...crash, report: this.#reportOf(++this.#crashes) }
    const { child, said } = launch(this.#place, ['job', '--no-dashboard', '--config', this.#place.config], at)
    this.#child = child
    this.#said = said
    this.#isExpected = false
    this.#ended = once(child, 'exit').then(([code, signal]) => {
      const isCrash = crash !== undefined && signal === 'SIGKILL'
      if (!this.#isExpected && !isCrash)
        this.surprises.push(`ended with ${signal ?? code}: ${said().trim().split('\n').at(-1)}`)
      if (this.#child === child) this.#child = undefined
    })
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** True once it has its tasks. */
  get isReading(): boolean {
    return this.isRunning && this.#said().includes('reading ')
  }

  /** Lets it drain, commit and end, without waiting for that. */
  askToStop(): void {
    this.#isExpected = true
    this.#child?.kill('SIGTERM')
  }

  /** Resolves when it does not run any more. */
  get ended(): Promise<unknown> {
    return this.#ended
  }

  /** True when the process that was started last with a point has died there. */
  async hasDiedAt(point: string): Promise<boolean> {
    const report = await readFile(this.#reportOf(this.#crashes), 'utf8').catch(() => '')
    return report === `${point}\n`
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

  #reportOf(crash: number): string {
    return join(this.#place.folder, `${this.#place.topic}-${this.#number}-${crash}.crash`)
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
  crash?: CrashAt,
): { readonly child: ChildProcess; readonly said: () => string } {
  const preload = crash === undefined ? [] : ['--import', CRASH_AT]
  const child = spawn(process.execPath, [...preload, PROGRAM, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      KAFKA_BROKERS: place.brokers,
      TOPIC: place.topic,
      DATABASE_URL: place.database,
      PSEUDONYM_KEY: 'chaos',
      RTP_CRASH_AT: JSON.stringify(crash),
    },
  })
  let text = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    // Enough to see why it ended.
    text = (text + chunk.toString()).slice(-8_000)
  })
  return { child, said: () => text }
}
