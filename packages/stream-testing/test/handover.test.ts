import { boundedOutOfOrderness, count, pipeline, run } from '@rtp/stream-core'
import { describe, expect, it } from 'vitest'
import {
  memoryDatabase,
  type Pause,
  pause,
  type RecordingSink,
  type ScriptedSource,
  scriptedSource,
} from '../src/index.ts'

const PARTITIONS = 4
const RECORDS = 150
const SEGMENT = 15
const END = 1_000_000

interface Reading {
  readonly sensor: number
  readonly at: number
}

/** Sensor s is in partition s % 4; the last reading of a partition closes every window before it. */
const readings = Array.from({ length: PARTITIONS }, (_, partition) =>
  Array.from({ length: RECORDS + 1 }, (_, i) => ({
    value: { sensor: partition + PARTITIONS * (i % 3), at: i === RECORDS ? END : i },
  })),
)

/** A process's view of the partitions: no record behind a gate is read before it is opened. */
function source(gates: readonly Pause[]): ScriptedSource<Reading> {
  const steps = readings.map(partition =>
    partition.flatMap((reading, i) => {
      const gate = i % SEGMENT === 0 ? gates[i / SEGMENT] : undefined
      return gate === undefined ? [reading] : [gate, reading]
    }),
  )
  return scriptedSource<Reading>(steps, { bounded: false, batchSize: 1, partitionOf: key => Number(key) % PARTITIONS })
}

function counts(from: ScriptedSource<Reading>, raw: RecordingSink<Reading>, rows: RecordingSink<string>) {
  const definition = pipeline('counts')
  const stream = definition.from(from).withEventTime(({ at }) => at, boundedOutOfOrderness(0))
  stream.sink(raw)
  stream
    .keyBy(({ sensor }) => sensor, { partitionKey: true })
    .tumblingWindow(10, { name: 'per-ten' })
    .aggregate({ n: count() })
    .map(({ key, start, value }) => `${key} from ${start}: ${value.n}`)
    .sink(rows)
  return definition
}

function expectedRows(): string[] {
  const found = new Map<string, number>()
  for (const { value } of readings.flat()) {
    if (value.at === END) continue
    const window = `${value.sensor} from ${Math.floor(value.at / 10) * 10}`
    found.set(window, (found.get(window) ?? 0) + 1)
  }
  return [...found].map(([window, n]) => `${window}: ${n}`).sort()
}

describe('two processes of one job', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`hold every record and every count exactly once while partitions move between them (seed ${seed})`, async () => {
      const random = randomOf(seed)
      const database = memoryDatabase()
      const raw = database.sink<Reading>({ name: 'raw' })
      const rows = database.sink<string>({ name: 'rows' })
      const gates = Array.from({ length: RECORDS / SEGMENT }, () => pause())
      const sources = [source(gates), source(gates)] as const
      sources[1].assign([])
      const checkpoint = { records: 1 + random(9) }
      const jobs = sources.map(from => run(counts(from, raw, rows), { store: database.store, checkpoint }))
      for (const gate of gates) {
        gate.release()
        for (let turns = random(4); turns > 0; turns--) await new Promise(resolve => setImmediate(resolve))
        const toFirst = Array.from({ length: PARTITIONS }, () => random(2) === 0)
        const of = (isFirst: boolean) => [...toFirst.keys()].filter(partition => toFirst[partition] === isFirst)
        sources[0].assign(of(true))
        sources[1].assign(of(false))
      }
      await expect.poll(() => raw.values.length, { timeout: 20_000 }).toBe(PARTITIONS * (RECORDS + 1))
      for (const job of jobs) await job.stop()
      const openings = sources.flatMap(from => from.openings)
      expect(openings.filter(({ from }) => from !== undefined && from > 0 && from <= RECORDS)).not.toEqual([])
      expect(rows.values.toSorted()).toEqual(expectedRows())
      const perPartition = (partition: number) =>
        raw.visible.filter(record => record.value.sensor % PARTITIONS === partition)
      for (let partition = 0; partition < PARTITIONS; partition++) {
        expect(perPartition(partition).map(({ offset }) => offset)).toEqual([...Array(RECORDS + 1).keys()])
      }
    })
  }
})

/** A small repeatable generator (xorshift). */
function randomOf(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761
  return below => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
