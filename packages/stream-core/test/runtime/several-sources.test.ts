import { memoryDatabase, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { boundedOutOfOrderness, collect, type Job, pipeline, run, toArray, type WindowResult } from '../../src/index.ts'
import { until } from './until.ts'

/** Yields its items, and then nothing more until it is told to end. */
function held<T>(items: readonly T[]) {
  let end: () => void = () => {}
  const ended = new Promise<void>(resolve => {
    end = resolve
  })
  async function* read() {
    yield* items
    await ended
  }
  return { items: read(), end }
}

interface Reading {
  readonly at: number
}

async function starts(job: Job, results: readonly WindowResult<string, number[]>[], count: number): Promise<number[]> {
  await until(() => results.length >= count || job.state === 'failed' || job.state === 'finished')
  return results.map(({ start }) => start)
}

describe('two sources with event time of their own', () => {
  it('have watermarks of their own: neither waits for the other', async () => {
    const [left, right] = [held<Reading>([{ at: 5 }, { at: 25 }]), held<Reading>([])]
    const leftResults: WindowResult<string, number[]>[] = []
    const job = pipeline('apart')
    job
      .from(left.items, { name: 'left' })
      .withEventTime(reading => reading.at, boundedOutOfOrderness(0))
      .keyBy(() => 'all')
      .tumblingWindow(10)
      .aggregate({ times: collect((reading: Reading) => reading.at) })
      .map(({ value, ...rest }) => ({ ...rest, value: value.times }))
      .sink(toArray(leftResults))
    job
      .from(right.items, { name: 'right' })
      .withEventTime(reading => reading.at, boundedOutOfOrderness(0))
      .sink(toArray<Reading>([]))
    const running = run(job)
    expect(await starts(running, leftResults, 1)).toEqual([0])
    left.end()
    right.end()
    await running.done
    expect(leftResults.map(({ start }) => start)).toEqual([0, 20])
  })

  it('that are merged have the lower of both, until one has ended', async () => {
    const [left, right] = [held<Reading>([{ at: 5 }, { at: 35 }]), held<Reading>([{ at: 7 }, { at: 15 }])]
    const results: WindowResult<string, number[]>[] = []
    const job = pipeline('merged')
    const timed = [left, right].map(({ items }, i) =>
      job.from(items, { name: `source ${i}` }).withEventTime(reading => reading.at, boundedOutOfOrderness(0)),
    )
    timed[0]!
      .union(timed[1]!)
      .keyBy(() => 'all')
      .tumblingWindow(10)
      .aggregate({ times: collect((reading: Reading) => reading.at) })
      .map(({ value, ...rest }) => ({ ...rest, value: value.times.toSorted((a, b) => a - b) }))
      .sink(toArray(results))
    const running = run(job)
    expect(await starts(running, results, 1)).toEqual([0])
    expect(results[0]?.value).toEqual([5, 7])
    right.end()
    expect(await starts(running, results, 2)).toEqual([0, 10])
    left.end()
    await running.done
    expect(results.map(({ start }) => start)).toEqual([0, 10, 30])
  })
})

describe('two sources that are merged before event time', () => {
  it('have one watermark over all their partitions, which does not wait for a source that has ended', async () => {
    const [left, right] = [held<Reading>([{ at: 5 }, { at: 35 }]), held<Reading>([{ at: 7 }, { at: 15 }])]
    const results: WindowResult<string, number[]>[] = []
    const job = pipeline('merged first')
    job
      .from(left.items)
      .union(job.from(right.items))
      .withEventTime(reading => reading.at, boundedOutOfOrderness(0))
      .keyBy(() => 'all')
      .tumblingWindow(10)
      .aggregate({ times: collect((reading: Reading) => reading.at) })
      .map(({ value, ...rest }) => ({ ...rest, value: value.times.toSorted((a, b) => a - b) }))
      .sink(toArray(results))
    const running = run(job)
    expect(await starts(running, results, 1)).toEqual([0])
    expect(results[0]?.value).toEqual([5, 7])
    right.end()
    expect(await starts(running, results, 2)).toEqual([0, 10])
    left.end()
    await running.done
    expect(results.map(({ start }) => start)).toEqual([0, 10, 30])
  })
})

describe('two sources that share their partitions with other processes', () => {
  it('make up a task once both of its partitions are assigned, and none of half its input before', async () => {
    const left = scriptedSource([records(['a0']), records(['a1'])], { name: 'left', bounded: false })
    const right = scriptedSource([records(['b0']), records(['b1'])], { name: 'right', bounded: false })
    const database = memoryDatabase()
    const rows = database.sink<string>()
    const job = pipeline('pairs')
    const [lefts, rights] = [left, right].map(source =>
      job
        .from(source, { name: source.name })
        .withEventTime(() => 1, boundedOutOfOrderness(0))
        .keyBy(value => value.slice(1), { partitionKey: true }),
    )
    lefts!
      .intervalJoin(rights!)
      .between(0, 0)
      .inner((one, other) => `${one} ${other}`)
      .sink(rows)
    right.assign([1])
    const running = run(job, { store: database.store, checkpoint: { records: 1 } })
    await until(() => rows.values.length === 1)
    expect(left.openings.map(({ partition }) => partition)).toEqual([1])
    // The others have given partition 0 of the right source up, too.
    right.assign([0, 1])
    await until(() => rows.values.length === 2)
    expect([...rows.values].sort()).toEqual(['a0 b0', 'a1 b1'])
    left.assign([])
    await until(() => left.openReaders + right.openReaders === 0)
    right.assign([])
    await running.stop()
  })
})
