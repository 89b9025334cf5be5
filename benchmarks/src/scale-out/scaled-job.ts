import { kafkaSource, text } from '@rtp/kafka'
import { float8, int8, postgres, text as textColumn } from '@rtp/sinks-postgres'
import { count, type Job, max, pipeline, run } from '@rtp/stream-core'

/** A job whose partitions are divided among its members by lists. */
export interface ScaledSettings {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly database: string
  /** Partitions of each member. */
  readonly lists: readonly (readonly number[])[]
}

/** When one member worked, on the wall clock and in CPU time of its process. */
export interface MemberTimes {
  /** Epoch ms of the first record and of the last commit. */
  readonly firstAt: number
  readonly endedAt: number
  readonly cpuSecondsBefore: number
  readonly cpuSecondsAfter: number
}

export const RESULTS_TABLE = `
  create schema if not exists bench;
  create table bench.scores (sensor text not null, readings bigint not null, highest double precision not null)`

/** Starts what one member does, up to the end of its partitions: a costly function of each record, counts and maxima by key, exactly once. */
export function startMember({ brokers, topic, database, lists }: ScaledSettings, member: number): Job {
  const db = postgres({ url: database })
  let first: Pick<MemberTimes, 'firstAt' | 'cpuSecondsBefore'> | undefined
  const scaled = pipeline('scaled')
  scaled
    .from(kafkaSource({ brokers, topic, value: text, until: 'end', assignment: lists[member]! }), { name: 'readings' })
    .map(reading => {
      first ??= { firstAt: Date.now(), cpuSecondsBefore: cpuSeconds() }
      const { sensor } = JSON.parse(reading) as { readonly sensor: number }
      return { sensor: `sensor-${sensor}`, score: scoreOf(reading) }
    })
    .keyBy(({ sensor }) => sensor, { partitionKey: true })
    .countWindow(WINDOW_READINGS, { name: 'by-sensor' })
    .aggregate({ readings: count(), highest: max(({ score }) => score) })
    .sink(
      db.append('bench.scores', {
        sensor: textColumn(({ key }) => key),
        readings: int8(({ value }) => value.readings),
        highest: float8(({ value }) => value.highest),
      }),
      { name: 'scores' },
    )
  const job = run(scaled, { store: db.checkpoints({ schema: 'bench_job' }), checkpoint: { intervalMs: 500 } })
  job.done.then(
    () => console.log(JSON.stringify({ ...first, endedAt: Date.now(), cpuSecondsAfter: cpuSeconds() })),
    // Whoever started the job hears of it.
    () => undefined,
  )
  return job
}

/** The user's function: a checksum over the record, many times over. It is what the job spends its time with. */
function scoreOf(reading: string): number {
  let hash = 0x811c9dc5
  for (let round = 0; round < ROUNDS; round++)
    for (let i = 0; i < reading.length; i++) hash = Math.imul(hash ^ reading.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

const ROUNDS = 50
const WINDOW_READINGS = 100

/** Of all threads of the process. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
