import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import { type BrokerAddress, freshDatabase } from '@rtp/test-servers/vitest'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import type { PipelineNetworks } from './pipeline-networks.ts'
import { type Ended, Program, runProgram } from './run-program.ts'

/** A broker of the test's own (or a topic of its own on another), an empty database and a folder, and the program pointed at them. */
export class PipelineFixture {
  readonly topic: string
  readonly database: Client
  readonly url: string
  readonly folder: string
  /** Address of the database as the programs have it. */
  readonly #programUrl: string
  readonly #brokers: string
  readonly #own: EmbeddedBroker | undefined
  readonly #programs: Program[] = []

  private constructor(
    broker: EmbeddedBroker | BrokerAddress,
    topic: string,
    database: Client,
    url: string,
    folder: string,
    networks?: PipelineNetworks,
  ) {
    this.#own = 'address' in broker ? broker : undefined
    this.#brokers = 'address' in broker ? broker.address : broker.brokers.join(',')
    this.topic = topic
    this.database = database
    this.url = url
    this.#programUrl = networks?.postgres.through(url) ?? url
    this.folder = folder
  }

  /** The broker of the test's own. */
  get broker(): EmbeddedBroker {
    if (this.#own === undefined) throw new Error('this test runs on a broker that is not its own')
    return this.#own
  }

  /** `networks`: the programs reach their servers through these, the test goes past them. They are closed with the fixture. */
  static async open(given?: BrokerAddress, networks?: PipelineNetworks): Promise<PipelineFixture> {
    const [broker, fresh, folder] = await Promise.all([
      given ?? startBroker(networks === undefined ? {} : { advertisedPort: networks.kafka.port }),
      freshDatabase(),
      mkdtemp(join(tmpdir(), 'telemetry-test-')),
    ])
    const topic = given === undefined ? 'telemetry.v0' : `telemetry-${randomBytes(6).toString('hex')}`
    const client = new Client({ connectionString: fresh.url })
    await client.connect()
    const fixture = new PipelineFixture(broker, topic, client, fresh.url, folder, networks)
    if (networks !== undefined) {
      networks.kafka.target = `127.0.0.1:${fixture.broker.port}`
      networks.postgres.target = new URL(fresh.url).host
    }
    onTestFinished(async () => {
      for (const program of fixture.#programs) {
        program.kill('SIGKILL')
        await program.ended
      }
      await client.end()
      await Promise.all([networks?.kafka.close(), networks?.postgres.close()])
      await Promise.all([fresh.drop(), fixture.#own?.stop(), rm(folder, { recursive: true })])
    })
    return fixture
  }

  /** Writes a file into the test's folder and returns its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name)
    await writeFile(path, content)
    return path
  }

  /** Runs a command to its end. */
  run(command: string, ...options: string[]): Promise<Ended> {
    return runProgram([command, ...options], this.#environment())
  }

  /** Runs a command that has to exit with 0. */
  async succeed(command: string, ...options: string[]): Promise<Ended> {
    const ended = await this.run(command, ...options)
    if (ended.code !== 0)
      throw new Error(`${command} ended with ${ended.code ?? ended.signal}:\n${ended.stdout}${ended.stderr}`)
    return ended
  }

  /** Starts a command; it is killed at the end of the test if it still runs. */
  start(command: string, ...options: string[]): Program {
    const program = new Program([command, ...options], this.#environment())
    this.#programs.push(program)
    return program
  }

  async count(table: string): Promise<number> {
    const exists = await this.database.query('select to_regclass($1) as found', [table])
    if (exists.rows[0].found === null) return 0
    const { rows } = await this.database.query(`select count(*)::int as count from ${table}`)
    return rows[0].count
  }

  #environment(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.#brokers,
      TOPIC: this.topic,
      DATABASE_URL: this.#programUrl,
    }
  }
}

/** Resolves as soon as the condition holds. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  // A pause between looks leaves the processor to what is looked at.
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 3))
}
