import { describe, expect, it } from 'vitest'
import type { Sink, SinkTask, Source, SourceBatch } from '../../src/extend.ts'
import { boundedOutOfOrderness, count, pipeline, run, sourceWatermarks, toArray, tumbling } from '../../src/index.ts'

/** A source that knows its watermarks: each batch of a partition is records, the watermark before each, and that behind it. */
interface Marked {
  readonly times: readonly number[]
  readonly before: readonly number[]
  readonly after: number
  readonly idle?: boolean
}

function markedSource(partitions: readonly (readonly Marked[])[]): Source<number> {
  return {
    name: 'marked',
    bounded: true,
    recordTimes: true,
    watermarks: true,
    open: async () => ({
      partitions: partitions.map((_, index) => `marked/${index}`),
      async read(partition) {
        let at = 0
        return {
          start: 0,
          next: async () => batchOf(partitions[partition]![at], ++at),
          close: async () => {},
        }
      },
      close: async () => {},
    }),
  }
}

function batchOf(marked: Marked | undefined, next: number): SourceBatch<number> | undefined {
  if (marked === undefined) return undefined
  const { times, before, after, idle = false } = marked
  return {
    values: [...times],
    times: Float64Array.from(times),
    marks: { watermarks: Float64Array.from(before), watermark: after, idle },
    offsets: Float64Array.from(times.keys()),
    size: times.length,
    bytes: times.length,
    next,
    badRecords: [],
  }
}

/** A sink that writes down what it is told of each task. */
function tellingSink(told: string[]): Sink<number> {
  return {
    name: 'telling',
    rewrite: 'append',
    open: async () => ({
      write: () => {
        throw new Error('a sink with writeOf gets batches by it alone')
      },
      writeOf: ({ index, count }: SinkTask, { values, watermarks, size, watermark, idle }) => {
        const records = values.slice(0, size).map((value, i) => `${value} behind ${watermarks[i]}`)
        told.push(
          `task ${index} of ${count}: ${[...records, `watermark ${watermark}`, ...(idle ? ['idle'] : [])].join(', ')}`,
        )
      },
      ready: () => undefined,
      seal: () => undefined,
      close: async () => {},
    }),
  }
}

describe('watermarks that a source knows', () => {
  it('decide between which records a window emits and which are late, also of batches without records', async () => {
    const emitted: string[] = []
    const late: number[] = []
    const job = pipeline('marked')
    const windows = job
      .from(
        markedSource([
          [
            { times: [5, 12], before: [Number.NEGATIVE_INFINITY, 3], after: 3 },
            { times: [], before: [], after: 9 },
            { times: [7, 15], before: [9, 9], after: 9 },
          ],
        ]),
      )
      .filter(() => true)
      .withEventTime('record', sourceWatermarks())
      .windowAll(tumbling(10), { name: 'tens' })
      .aggregate({ n: count() })
    windows.map(({ start, value }) => `${start}: ${value.n}`).sink(toArray(emitted))
    windows
      .late()
      .map(({ value }) => value)
      .sink(toArray(late))
    await run(job).done
    expect(emitted).toEqual(['0: 1', '10: 2'])
    expect(late).toEqual([7])
  })

  it('go through the job of each partition, with its idleness', async () => {
    const told: string[] = []
    const job = pipeline('combined')
    job
      .from(
        markedSource([[{ times: [5], before: [1], after: 4 }], [{ times: [6], before: [2], after: 8, idle: true }]]),
      )
      .withEventTime('record', sourceWatermarks())
      .filter(value => value > 0)
      .sink(tellingSink(told))
    await run(job).done
    expect(told).toContain('task 0 of 2: 5 behind 1, watermark 4')
    expect(told).toContain('task 1 of 2: 6 behind 2, watermark 8, idle')
  })
})

describe('a sink that hands event time on', () => {
  it('gets every batch of each task with its watermark, also those without records, up to the end', async () => {
    const told: string[] = []
    const job = pipeline('telling')
    job
      .from([1, 20, 3])
      .withEventTime(value => value, boundedOutOfOrderness(0))
      .filter(value => value !== 20)
      .sink(tellingSink(told))
    await run(job).done
    expect(told).toEqual([
      `task 0 of 1: 1 behind ${Number.NEGATIVE_INFINITY}, 3 behind 19, watermark 19`,
      'task 0 of 1: watermark 19, idle',
      'task 0 of 1: watermark Infinity',
    ])
  })
})
