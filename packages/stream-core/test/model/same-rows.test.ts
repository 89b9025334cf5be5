import { crash, memoryDatabase, type SourceStep, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { boundedOutOfOrderness, pipeline, run, seconds } from '../../src/index.ts'
import { buildRows, type JobKind } from './job-kind.ts'
import type { ModelRecord } from './window-model.ts'

const BOUND_MS = seconds(5)
const KEYS = 11

/** What changes how a job runs, and must not change what it finds. */
interface Way {
  readonly batchSize?: number
  readonly checkpointRecords?: number
  readonly partitions?: number
  readonly crashes?: readonly number[]
  readonly records?: readonly ModelRecord[]
}

/** 2,500 records in order of time, ten a second, with a pause of 20 s after every 400. */
const inOrder: readonly ModelRecord[] = Array.from({ length: 2_500 }, (_, n) => ({
  partition: 0,
  key: `k${(n * 7) % KEYS}`,
  time: n * 100 + Math.floor(n / 400) * 20_000,
  n,
}))

const kinds: readonly JobKind[] = [
  { kind: 'tumbling', size: seconds(20), lateness: 0 },
  { kind: 'sliding', size: seconds(20), slide: seconds(7), lateness: seconds(1) },
  { kind: 'cumulate', size: seconds(20), step: seconds(5), lateness: 0 },
  { kind: 'session', gap: seconds(4), lateness: 0 },
  { kind: 'streamTime', size: seconds(20), advance: seconds(7), grace: BOUND_MS },
  { kind: 'slidingByRecord', difference: seconds(3), grace: BOUND_MS },
  { kind: 'sessionByRecord', gap: seconds(4), grace: BOUND_MS },
  { kind: 'join', isOuter: true, lower: -seconds(2), upper: seconds(1) },
]
/** Jobs whose rows depend on which records came before which. */
const ordered: readonly JobKind[] = [
  { kind: 'count', size: 5, slide: 2 },
  { kind: 'timers', every: seconds(5) },
]

describe.each([...kinds, ...ordered])('the rows of a job with $kind are the same', kind => {
  it.each([1, 7, 1_000, 20_000])('for batches of %i', async batchSize => {
    expect(await rowsOf(kind, { batchSize })).toEqual(await rowsOf(kind, {}))
  })

  it.each([50, 777, 20_000])('for a checkpoint every %i records', async checkpointRecords => {
    expect(await rowsOf(kind, { checkpointRecords, batchSize: 50 })).toEqual(await rowsOf(kind, {}))
  })

  it('for a job that crashes again and again', async () => {
    const way = { crashes: [0, 1, 444, 1_300, 2_499], checkpointRecords: 100, batchSize: 64 }
    expect(await rowsOf(kind, way)).toEqual(await rowsOf(kind, {}))
  })
})

describe.each(kinds)('the rows of a job with $kind are the same', kind => {
  it.each([1, 2, 6])('for %i tasks', async partitions => {
    expect(await rowsOf(kind, { partitions, batchSize: 100 })).toEqual(await rowsOf(kind, {}))
  })

  it.each([1, 6])('for any order of arrival within the bound, with %i tasks', async partitions => {
    for (const factor of [7_919, 104_729, 1_299_709]) {
      const records = [...inOrder]
        .map(record => ({ record, arrival: record.time + ((record.n * factor) % BOUND_MS) }))
        .sort((a, b) => a.arrival - b.arrival)
        .map(({ record }) => record)
      expect(await rowsOf(kind, { records, partitions, batchSize: 33 })).toEqual(await rowsOf(kind, {}))
    }
  })
})

/** The rows, sorted. None is late. */
async function rowsOf(kind: JobKind, way: Way): Promise<string[]> {
  const { batchSize = 1_024, checkpointRecords = 5_000, partitions = 4, crashes = [], records = inOrder } = way
  const owner = (key: unknown): number => Number(String(key).slice(1)) % partitions
  const scripts: SourceStep<ModelRecord>[][] = Array.from({ length: partitions }, () => [])
  for (const [i, value] of records.entries()) {
    if (crashes.includes(i)) scripts[owner(value.key)]!.push(crash())
    scripts[owner(value.key)]!.push({ value })
  }
  const database = memoryDatabase()
  const sink = database.sink<string>({ name: 'rows' })
  const job = pipeline('same')
  const source = job
    .from(scriptedSource(scripts, { batchSize, partitionOf: owner }))
    .withEventTime(({ time }) => time, boundedOutOfOrderness(BOUND_MS))
  const [rows, late] = buildRows(kind, source, true)
  rows!.sink(sink)
  const lateRows = database.sink<string>({ name: 'late' })
  late?.sink(lateRows)
  const { metrics } = await run(job, {
    store: database.store,
    checkpoint: { records: checkpointRecords },
    restart: { initialDelayMs: 0 },
  }).done
  expect(metrics.restarts > 0).toBe(crashes.length > 0)
  expect(lateRows.values).toEqual([])
  return [...sink.values].sort()
}
