import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ensureTopic, kafkaSink, text } from '@rtp/kafka'
import { fromIterable, pipeline, run } from '@rtp/stream-core'
import { postgres } from '@rtp/test-servers'
import pg from 'pg'
import type { BenchmarkOptions, FigureTable } from '../harness/benchmark.ts'
import { spread } from '../harness/compare.ts'
import { startEmbeddedBroker } from '../kafka/broker.ts'

/** kill -9 of a job between Kafka and PostgreSQL, and a new process at once: until it has committed something new. */
export async function recovery({ quick, log }: BenchmarkOptions): Promise<FigureTable> {
  const server = await postgres()
  const broker = await startEmbeddedBroker()
  const database = await server.freshDatabase()
  const rounds = quick ? 2 : 5
  const figures: { name: string; values: string[] }[] = []
  try {
    for (const keys of quick ? [1_000, 100_000] : [1_000, 1_000_000]) {
      const taken: number[] = []
      for (let round = 1; round <= rounds; round++) {
        const seconds = await killAndMeasure({ brokers: broker.brokers, url: database.url, keys })
        taken.push(seconds)
        log(`recovery, ${keys} keys, round ${round}/${rounds}: ${seconds.toFixed(2)} s`)
      }
      const { median, min, max } = spread(taken)
      const beyond = median - SESSION_TIMEOUT_MS / 1000
      figures.push({
        name: `${keys.toLocaleString('en')} keys of state`,
        values: [`${median.toFixed(2)} (${min.toFixed(2)} - ${max.toFixed(2)})`, beyond.toFixed(2)],
      })
    }
  } finally {
    await database.drop()
    await broker.stop()
    await server.stop()
  }
  return {
    title: 'recovery: from kill -9 of the process to the first new commit of its successor',
    columns: ['s (min - max)', 's beyond the session time-out'],
    figures,
    notes: [
      `embedded broker, PostgreSQL ${server.version}; the successor starts at once, and the group gives it the partitions when the session of the dead process times out, after ${SESSION_TIMEOUT_MS / 1000} s at most; start of the process included`,
    ],
  }
}

const SESSION_TIMEOUT_MS = 3_000

interface Recovery {
  readonly brokers: readonly string[]
  readonly url: string
  readonly keys: number
}

async function killAndMeasure({ brokers, url, keys }: Recovery): Promise<number> {
  const topic = `recovery-${nextTopic++}`
  const known = Math.max(keys, 200_000)
  await produce(brokers, topic, keys, 2 * known)
  await newTables(url, topic)
  const args = [brokers.join(','), topic, url, topic, String(SESSION_TIMEOUT_MS)]
  const first = start(args)
  await committed(first, known)
  const killedAt = performance.now()
  first.kill('SIGKILL')
  const second = start(args)
  try {
    await committed(second, 1)
    return (performance.now() - killedAt) / 1000
  } finally {
    second.kill('SIGKILL')
    await once(second, 'exit')
  }
}

let nextTopic = 0

async function produce(brokers: readonly string[], topic: string, keys: number, messages: number): Promise<void> {
  await ensureTopic({ brokers }, { topic, partitions: 2, configs: { 'retention.ms': '-1' } })
  const job = pipeline(`fill-${topic}`)
  const lines = Array.from({ length: messages }, (_, i) => String((i * 618_033) % keys))
  job.from(fromIterable(lines)).sink(kafkaSink({ brokers, topic, key: line => line, value: text }))
  await run(job).done
}

async function newTables(url: string, schema: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  const name = `"${schema}"`
  await client.query(
    `create schema ${name}; create table ${name}.lines (number bigint); create table ${name}.counts (number bigint)`,
  )
  await client.end()
}

function start(args: readonly string[]): ChildProcess {
  const program = fileURLToPath(new URL('./recovery-process.js', import.meta.url))
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits until so many records are committed; what is said of fewer is passed over. */
async function committed(child: ChildProcess, records: number): Promise<void> {
  for await (const line of createInterface(child.stdout!)) if (Number(line) >= records) return
  throw new Error('the job ended before it was to be killed')
}
