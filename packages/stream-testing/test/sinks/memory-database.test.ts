import { boundedOutOfOrderness, count, pipeline, run } from '@rtp/stream-core'
import { describe, expect, it } from 'vitest'
import {
  crash,
  type MemoryDatabaseOptions,
  manualClock,
  memoryDatabase,
  type RecordingSink,
  records,
  scriptedSource,
} from '../../src/index.ts'

/** Counts 40 readings per key and 10 ms, with crashes in the source; what is in the two sinks in the end. */
async function counts(
  options: MemoryDatabaseOptions,
): Promise<{ raw: RecordingSink<number>; counts: RecordingSink<string> }> {
  const database = memoryDatabase(options)
  const raw = database.sink<number>({ name: 'raw' })
  const counted = database.sink<string>({ name: 'counts' })
  const readings = records(Array.from({ length: 40 }, (_, i) => i))
  const source = scriptedSource(
    [[...readings.slice(0, 13), crash(), ...readings.slice(13, 30), crash(), ...readings.slice(30)]],
    {
      batchSize: 4,
    },
  )
  const job = pipeline('counts')
  const stream = job.from(source).withEventTime(at => at, boundedOutOfOrderness(3))
  stream.sink(raw)
  stream
    .keyBy(at => at % 2)
    .tumblingWindow(10, { name: 'per-ten' })
    .aggregate({ n: count() })
    .map(({ key, start, value }) => `${key} from ${start}: ${value.n}`)
    .sink(counted)
  const clock = manualClock()
  await clock.runUntil(run(job, { store: database.store, clock, checkpoint: { records: 5 } }).done)
  return { raw, counts: counted }
}

describe('memoryDatabase', () => {
  const expected = [0, 10, 20, 30].flatMap(start => [`0 from ${start}: 5`, `1 from ${start}: 5`])
  const cases: [string, MemoryDatabaseOptions][] = [
    ['the source crashes', {}],
    ['commits fail', { failCommits: [1, 2, 5] }],
    ['the answers of commits are lost', { failCommits: [1, 3, 4, 7], failedCommitLeaves: 'everything' }],
  ]

  for (const [what, options] of cases) {
    it(`holds every record and every count exactly once when ${what}`, async () => {
      const { raw, counts: counted } = await counts(options)
      expect(raw.values).toEqual(Array.from({ length: 40 }, (_, i) => i))
      expect(counted.values).toEqual(expected)
    })
  }

  it('shows nothing of a checkpoint that is refused', async () => {
    const database = memoryDatabase()
    const sink = database.sink<number>()
    const { signal } = new AbortController()
    await database.store.open({ job: 'fenced', signal })
    const [task] = await database.store.acquire(['0'])
    const joined: unknown[] = []
    const output = {
      records: 1,
      bytes: 1,
      flush: async () => {},
      join: async (given: unknown) => void joined.push(given),
    }
    const checkpoint = {
      task: '0',
      epoch: task!.epoch + 1,
      sequence: 1,
      previous: new Map(),
      positions: new Map(),
      layout: { mode: 'single', partitions: {} } as const,
      snapshot: new Uint8Array(),
      needs: 0,
    }
    const commit = database.store.commit({ job: 'fenced', tasks: [checkpoint] }, [output])
    await expect(commit).rejects.toMatchObject({ code: 'FENCED' })
    expect(joined).toHaveLength(1)
    expect(sink.values).toEqual([])
  })
})
