import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureTopic, kafkaSource, text } from '@rtp/kafka'
import { from } from '@rtp/stream-core'
import type { CrashPoint } from '@rtp/stream-core/extend'
import { Client } from 'pg'
import { expect, inject, onTestFinished } from 'vitest'
import type { CrashAt } from '../../src/crash-at.ts'
import type { CountingJob } from '../programs/counting-job.ts'
import { EXPECTED } from './counting-input.ts'
import './provided.ts'

export interface CrashRunOptions {
  readonly brokers: readonly string[]
  readonly input: string
  readonly database: string
  readonly store: CountingJob['store']
}

interface Program {
  readonly process: ChildProcess
  readonly end: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** One job over as many processes as its crashes make, with outputs of its own. */
export class CrashRun {
  readonly database: Client
  readonly schema: string
  readonly #job: CountingJob
  readonly #programs: Program[] = []

  private constructor(database: Client, schema: string, job: CountingJob) {
    this.database = database
    this.schema = schema
    this.#job = job
  }

  static async open({ brokers, input, database: url, store }: CrashRunOptions): Promise<CrashRun> {
    const name = `run_${randomBytes(6).toString('hex')}`
    const directory = await mkdtemp(join(tmpdir(), 'rtp-crash-'))
    const database = new Client({ connectionString: url })
    await database.connect()
    onTestFinished(async () => {
      await database.end()
      await rm(directory, { recursive: true })
    })
    const key = store === 'file' ? 'primary key' : ''
    await database.query(
      `create schema ${name}; create table ${name}.lines (line text ${key}); create table ${name}.totals (id text primary key, total text)`,
    )
    if (store === 'kafka') {
      for (const output of ['lines', 'totals'])
        await ensureTopic({ brokers }, { topic: `${name}-${output}`, partitions: 3 })
    }
    return new CrashRun(database, name, {
      name,
      brokers,
      input,
      store,
      database: url,
      schema: name,
      directory,
      triggers: { intervalMs: 20, records: 100 },
      follows: false,
    })
  }

  /** Runs the job until it kills itself at a point, as `meanwhile` goes on once it is at work. Fails when it ends otherwise. */
  async crashAt(
    point: CrashPoint,
    hit: number,
    changes: Partial<CountingJob> = {},
    meanwhile: () => unknown = () => undefined,
  ): Promise<void> {
    const report = join(this.#job.directory, 'crash-report')
    const program = this.start(changes, { point, hit, report })
    program.process.once('message', meanwhile)
    expect(await program.end).toEqual({ code: null, signal: 'SIGKILL' })
    expect(await readFile(report, 'utf8')).toBe(`${point}\n`)
    await rm(report)
  }

  /** Lets the job get to the end of its input. */
  async finish(): Promise<void> {
    expect(await this.start().end).toEqual({ code: 0, signal: null })
  }

  start(changes: Partial<CountingJob> = {}, crash?: CrashAt): Program {
    const folder = inject('crashPrograms')
    const job = [join(folder, 'counting-job.js'), JSON.stringify({ ...this.#job, ...changes })]
    const preload = crash === undefined ? [] : ['--import', join(folder, 'crash-at.js')]
    const child = spawn(process.execPath, [...preload, ...job], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, RTP_CRASH_AT: JSON.stringify(crash) },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const program = { process: child, end: once(child, 'exit').then(([code, signal]) => ({ code, signal })) }
    this.#programs.push(program)
    return program
  }

  async killAll(): Promise<void> {
    for (const { process, end } of this.#programs) {
      process.kill('SIGKILL')
      await end
    }
  }

  /** Everything is there once. */
  async expectResults(): Promise<void> {
    const [lines, totals] =
      this.#job.store === 'kafka'
        ? await Promise.all([this.#committed('lines'), this.#committed('totals')])
        : await Promise.all([this.#stored('lines', 'line'), this.#stored('totals', 'total')])
    expect(lines).toEqual(EXPECTED.lines)
    expect(totals.filter(total => total.startsWith('key-'))).toEqual(EXPECTED.totals)
  }

  async #stored(table: string, column: string): Promise<string[]> {
    const { rows } = await this.database.query(`select ${column} as value from ${this.schema}.${table}`)
    return rows.map(({ value }) => value).sort()
  }

  async #committed(output: string): Promise<string[]> {
    const { brokers, name } = this.#job
    const values: string[] = []
    const source = kafkaSource({ brokers, topic: `${name}-${output}`, value: text, until: 'end', assignment: 'all' })
    for await (const value of from(source)) values.push(value)
    return values.sort()
  }
}
