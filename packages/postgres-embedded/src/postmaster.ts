import { type ChildProcess, spawn } from 'node:child_process'
import { close, open } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError, failureFromOutput } from './errors.ts'
import { readLock } from './lock-file.ts'
import { childrenOf, isAlive, sendSignal } from './processes.ts'
import { serverEnvironment } from './run-to-end.ts'
import type { ServerUser } from './server-user.ts'
import { until } from './until.ts'

/** What PostgreSQL prints while it runs; overwritten at every start. */
export const LOG_FILE = 'postgres.log'

const START_TIMEOUT_MS = 60_000
const FAST_SHUTDOWN_TIMEOUT_MS = 20_000
const IMMEDIATE_SHUTDOWN_TIMEOUT_MS = 5_000

export interface PostmasterOptions {
  readonly binaries: Binaries
  readonly user: ServerUser
  readonly dataDir: string
  readonly port: number
  /** PostgreSQL settings, as in postgresql.conf. */
  readonly settings: Readonly<Record<string, string>>
}

/** A running PostgreSQL server process. */
export class Postmaster {
  readonly pid: number
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  #hasExited = false

  /** Starts the server and waits until it accepts connections. */
  static async start(options: PostmasterOptions): Promise<Postmaster> {
    const logFile = join(options.dataDir, LOG_FILE)
    // A file and not a pipe: a server whose reader is busy, stopped or killed must not stop with it.
    const log = await promisify(open)(logFile, 'w', 0o600)
    let child: ChildProcess
    try {
      child = spawn(options.binaries.postgres, postgresArguments(options), {
        ...options.user.ids,
        cwd: '/',
        env: serverEnvironment(),
        // A session of its own: Ctrl-C at a terminal would end the database before the job that still writes to it.
        detached: true,
        stdio: ['ignore', log, log],
      })
      await new Promise<void>((spawned, failed) => {
        child.once('spawn', spawned)
        child.once('error', failed)
      })
    } catch (cause) {
      throw new EmbeddedPostgresError('START_FAILED', `${options.binaries.postgres} could not be run.`, { cause })
    } finally {
      await promisify(close)(log)
    }
    const postmaster = new Postmaster(child)
    await postmaster.#ready(options.dataDir, logFile)
    return postmaster
  }

  constructor(child: ChildProcess) {
    this.#child = child
    this.pid = child.pid ?? -1
    child.unref()
    this.exited = new Promise(resolve => {
      child.once('exit', () => {
        this.#hasExited = true
        resolve()
      })
    })
  }

  get isRunning(): boolean {
    return !this.#hasExited
  }

  /** Ends sessions and shuts down in order; by force when that takes too long. */
  async stop(): Promise<void> {
    this.#child.ref()
    for (const [signal, timeoutMs] of [
      ['SIGINT', FAST_SHUTDOWN_TIMEOUT_MS],
      ['SIGQUIT', IMMEDIATE_SHUTDOWN_TIMEOUT_MS],
    ] as const) {
      if (this.#hasExited) return
      sendSignal(this.pid, signal)
      if (await this.#exitsWithin(timeoutMs)) return
    }
    await this.kill()
  }

  /** kill -9 of the server and of every process it had started, as a crash of the machine would. */
  async kill(): Promise<void> {
    if (this.#hasExited) return
    this.#child.ref()
    // Stopped first, so that it starts no process between the look and the kill.
    if (platform() !== 'win32') sendSignal(this.pid, 'SIGSTOP')
    const children = await childrenOf(this.pid)
    sendSignal(this.pid, 'SIGKILL')
    for (const pid of children) sendSignal(pid, 'SIGKILL')
    await this.exited
    await until(() => children.every(pid => !isAlive(pid)), { timeoutMs: IMMEDIATE_SHUTDOWN_TIMEOUT_MS })
  }

  async #ready(dataDir: string, logFile: string): Promise<void> {
    const isReady = async () => {
      const lock = await readLock(join(dataDir, 'postmaster.pid'))
      return this.#hasExited || (lock?.pid === this.pid && lock.status === 'ready')
    }
    const inTime = await until(isReady, { timeoutMs: START_TIMEOUT_MS })
    if (inTime && !this.#hasExited) return
    await this.kill()
    const output = await readFile(logFile, 'utf8').catch(() => '')
    throw failureFromOutput('START_FAILED', output, dataDir)
  }

  async #exitsWithin(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<false>(resolve => {
      timer = setTimeout(resolve, timeoutMs, false)
    })
    const exited = await Promise.race([this.exited.then(() => true), timeout])
    clearTimeout(timer)
    return exited
  }
}

function postgresArguments({ dataDir, port, settings }: PostmasterOptions): string[] {
  const all: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // No socket file: its folder would need a place that every user may write to.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  }
  return ['-D', dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
