import { crash, memoryDatabase, type SourceStep, scriptedSource } from '@rtp/stream-testing'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { boundedOutOfOrderness, collect, count, mean, pipeline, run, seconds } from '../../src/index.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
  readonly n: number
}

interface Row {
  readonly key: string
  readonly start: number
  readonly value: { readonly n: number; readonly mean: number; readonly numbers: readonly number[] }
}

const BOUND_MS = seconds(5)
const SENSORS = 11

/** What changes how the job runs, and must not change what it finds. */
interface Way {
  readonly batchSize?: number
  readonly checkpointRecords?: number
  readonly partitions?: number
  readonly crashes?: readonly number[]
  readonly readings?: readonly Reading[]
}

/** 20,000 readings in order of time, ten a second. */
const inOrder: readonly Reading[] = Array.from({ length: 20_000 }, (_, i) => ({
  sensor: `s${(i * 7) % SENSORS}`,
  at: i * 100,
  n: i,
}))

describe('the rows of a window job are the same', () => {
  let expected: string[]

  beforeAll(async () => {
    expected = await rowsOf({})
    expect(expected).toHaveLength(34 * SENSORS)
  })

  it.each([1, 7, 1_000, 20_000])('for batches of %i', async batchSize => {
    const readings = batchSize === 1 ? inOrder.slice(0, 2_000) : inOrder
    expect(await rowsOf({ batchSize, readings })).toEqual(batchSize === 1 ? await rowsOf({ readings }) : expected)
  })

  it.each([50, 777, 20_000])('for a checkpoint every %i records', async checkpointRecords => {
    expect(await rowsOf({ checkpointRecords, batchSize: 50 })).toEqual(expected)
  })

  it.each([1, 2, 6])('for %i tasks', async partitions => {
    expect(await rowsOf({ partitions, batchSize: 100 })).toEqual(expected)
  })

  it('for a job that crashes again and again', async () => {
    expect(await rowsOf({ crashes: [0, 1, 3_333, 10_000, 19_999], checkpointRecords: 500, batchSize: 64 })).toEqual(
      expected,
    )
  })

  it('for any order of arrival within the bound', async () => {
    const shakes = fc.array(fc.nat(BOUND_MS), { minLength: 500, maxLength: 500 })
    await fc.assert(
      fc.asyncProperty(shakes, fc.constantFrom(1, 6), async (delays, partitions) => {
        const readings = inOrder
          .map((reading, i) => ({ reading, arrival: reading.at + delays[i % delays.length]! }))
          .sort((a, b) => a.arrival - b.arrival)
          .map(({ reading }) => reading)
        expect(await rowsOf({ readings, partitions })).toEqual(expected)
      }),
      { numRuns: 12 },
    )
  })
})

/** The rows as text, sorted; each holds the numbers of its readings, sorted too. */
async function rowsOf(way: Way): Promise<string[]> {
  const { batchSize = 1_024, checkpointRecords = 5_000, partitions = 4, crashes = [], readings = inOrder } = way
  const owner = (key: unknown): number => Number(String(key).slice(1)) % partitions
  const scripts: SourceStep<Reading>[][] = Array.from({ length: partitions }, () => [])
  readings.forEach((value, i) => {
    if (crashes.includes(i)) scripts[owner(value.sensor)]!.push(crash())
    scripts[owner(value.sensor)]!.push({ value })
  })
  const database = memoryDatabase()
  const rows = database.sink<Row>({ name: 'rows' })
  const late = database.sink({ name: 'late' })
  const job = pipeline('same')
  const windows = job
    .from(scriptedSource(scripts, { batchSize, partitionOf: owner }))
    .withEventTime(reading => reading.at, boundedOutOfOrderness(BOUND_MS))
    .keyBy(reading => reading.sensor, { partitionKey: true })
    .tumblingWindow(seconds(60))
    .aggregate({ n: count(), mean: mean(reading => reading.n), numbers: collect(reading => reading.n) })
  windows.sink(rows)
  windows.late().sink(late)
  const { metrics } = await run(job, {
    store: database.store,
    checkpoint: { records: checkpointRecords },
    restart: { initialDelayMs: 0 },
  }).done
  expect(metrics.restarts > 0).toBe(crashes.length > 0)
  expect(late.values).toEqual([])
  return rows.values
    .map(
      ({ key, start, value }) => `${start} ${key} ${value.n} ${value.mean} ${[...value.numbers].sort((a, b) => a - b)}`,
    )
    .sort()
}
