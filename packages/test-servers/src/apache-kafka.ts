import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, sendSignal, startWatchdog, until, type Watchdog } from '@rtp/postgres-embedded/server-process'
import type { Broker, Skipped } from './broker.ts'
import { kafkaJars } from './kafka-jars.ts'
import { answersKafka } from './wire-probe.ts'

const START_TIMEOUT_MS = 60_000
const SHUTDOWN_TIMEOUT_MS = 20_000
const START_ATTEMPTS = 3
const LOG_FILE = 'kafka.log'

const run = promisify(execFile)

export interface ApacheOptions {
  /** The port that clients are told, e.g. that of a proxy. Default: the one it listens on. */
  readonly advertisedPort?: number
}

interface Listening {
  /** `host:port` at which the broker listens, whatever it tells its clients. */
  readonly listensAt: string
}

/** Starts Apache Kafka (broker and controller in one process) with Java, from jars that Maven fetches. */
export async function apacheKafka(options: ApacheOptions = {}): Promise<(Broker & Listening) | Skipped> {
  for (const [program, flag] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    const found = await run(program, [flag]).then(
      () => true,
      () => false,
    )
    if (!found) return { skipped: `Apache Kafka: no ${program} on the path` }
  }
  const jars = await kafkaJars().catch((error: Error) => error)
  if (jars instanceof Error) return { skipped: `Apache Kafka: Maven could not fetch its jars: ${jars.message}` }
  for (let attempt = 1; ; attempt++) {
    try {
      return await startedKafka(join(jars.folder, '*'), jars.version, options)
    } catch (error) {
      // Only the broker's own bind decides whether a port is free.
      const isPortTaken = error instanceof Error && /Address already in use/.test(error.message)
      if (!isPortTaken || attempt === START_ATTEMPTS) throw error
    }
  }
}

async function startedKafka(classPath: string, version: string, options: ApacheOptions): Promise<Broker & Listening> {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-kafka-'))
  // Formatting takes seconds, in which this process may be ended too.
  const guard = startWatchdog(undefined, folder)
  const settings = join(folder, 'server.properties')
  const logging = join(folder, 'log4j2.properties')
  const java = (...args: string[]) => ['-cp', classPath, `-Dlog4j2.configurationFile=${logging}`, ...args]
  const [port, controllerPort] = [await freePort(), await freePort()]
  const advertisedPort = options.advertisedPort ?? port
  const launch = () => KafkaProcess.start(java('-Xmx1g', 'kafka.Kafka', settings), folder, port)
  let server: KafkaProcess
  try {
    await writeFile(settings, properties(folder, port, controllerPort, advertisedPort))
    await writeFile(logging, LOGGING)
    const clusterId = randomClusterId()
    await run('java', java('kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', settings))
    server = await launch()
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  } finally {
    guard.dismiss()
  }
  return {
    kind: 'apache',
    name: `Apache Kafka ${version.split('.').slice(0, 2).join('.')}`,
    brokers: [`127.0.0.1:${advertisedPort}`],
    listensAt: `127.0.0.1:${port}`,
    version,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
      server.release()
    },
    kill: () => server.kill(),
    restart: async () => {
      await server.stop()
      const stopped = server
      server = await launch()
      stopped.release()
    },
  }
}

/** One run of the broker's Java process. */
class KafkaProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #watchdog: Watchdog
  #hasExited = false
  #isEnding = false

  static async start(args: string[], folder: string, port: number): Promise<KafkaProcess> {
    const logFile = join(folder, LOG_FILE)
    const log = await open(logFile, 'a')
    const child = spawn('java', args, { detached: true, cwd: folder, stdio: ['ignore', log.fd, log.fd] })
    child.unref()
    await log.close()
    const server = new KafkaProcess(child, folder)
    const isUp = async () => server.#hasExited || answersKafka(`127.0.0.1:${port}`)
    if ((await until(isUp, { timeoutMs: START_TIMEOUT_MS, everyMs: 50 })) && !server.#hasExited) return server
    await server.kill()
    throw new Error(`Apache Kafka did not start. It said:\n${lastLines(logFile)}`)
  }

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#watchdog = startWatchdog(child.pid, folder)
    this.#exited = new Promise(resolve => {
      child.once('exit', (code, signal) => {
        this.#hasExited = true
        // Every later test fails then, and none of them can say why.
        if (!this.#isEnding)
          console.error(`Apache Kafka ended (${signal ?? code}). It said:\n${lastLines(join(folder, LOG_FILE))}`)
        this.#watchdog.serverIsGone()
        resolve()
      })
    })
  }

  async stop(): Promise<void> {
    if (this.#hasExited) return
    this.#isEnding = true
    this.#child.ref()
    this.#signal('SIGTERM')
    const overdue = setTimeout(() => this.#signal('SIGKILL'), SHUTDOWN_TIMEOUT_MS)
    await this.#exited
    clearTimeout(overdue)
  }

  async kill(): Promise<void> {
    if (this.#hasExited) return
    this.#isEnding = true
    this.#child.ref()
    this.#signal('SIGKILL')
    await this.#exited
  }

  /** Gives up the folder: it is gone, or another run has it. */
  release(): void {
    this.#watchdog.dismiss()
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) sendSignal(this.#child.pid, signal)
  }
}

const LOGGING = `status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %c %m%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
`

function lastLines(logFile: string): string {
  return readFileSync(logFile, 'utf8').trim().split('\n').slice(-20).join('\n')
}

/** A UUID in Kafka's spelling. One that begins with a hyphen would be taken for an option. */
function randomClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? randomClusterId() : id
}

function properties(folder: string, port: number, controllerPort: number, advertisedPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Tests of compaction wait for the cleaner.
    'log.cleaner.backoff.ms': 200,
    // A test that forgets to make its topic must fail here as it does in production.
    'auto.create.topics.enable': false,
    'log.dirs': join(folder, 'data'),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
