import { describe, expect, it } from 'vitest'
import type { OperatorSpec } from '../../src/extend.ts'
import { boundedOutOfOrderness, count, from, pipeline, run, type Stream, toArray } from '../../src/index.ts'

async function collected<T>(stream: Stream<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of stream) all.push(value)
  return all
}

describe('a stream', () => {
  it('runs nothing until it is asked to', async () => {
    let calls = 0
    const job = pipeline('lazy')
    const stream = job.from([1, 2]).map(x => {
      calls++
      return x
    })
    stream.sink(toArray<number>([]))
    expect(calls).toBe(0)
    await run(job).done
    expect(calls).toBe(2)
  })

  it('that is used twice sends every record both ways, and neither sees what the other does', async () => {
    const [left, right]: [number[], number[]] = [[], []]
    const job = pipeline('both')
    const stream = job.from([1, 2, 3])
    stream
      .map(x => x * 10)
      .filter(x => x > 10)
      .sink(toArray(left))
    stream
      .filter(x => x < 3)
      .map(x => -x)
      .sink(toArray(right))
    await run(job).done
    expect([left, right]).toEqual([
      [20, 30],
      [-1, -2],
    ])
  })

  it('is split into its branches and the rest', async () => {
    const job = pipeline('split')
    const [hot, cold, rest]: [number[], number[], number[]] = [[], [], []]
    const branches = job.from([35, -5, 10, 40]).split({ hot: x => x > 30, cold: x => x < 0 })
    branches.hot.sink(toArray(hot))
    branches.cold.sink(toArray(cold))
    branches.rest.sink(toArray(rest))
    await run(job).done
    expect([hot, cold, rest]).toEqual([[35, 40], [-5], [10]])
  })

  it('takes reusable pieces of pipeline, and operators of others by the same door as the built-in ones', async () => {
    const doubled = (stream: Stream<number>): Stream<number> => stream.map(x => x * 2)
    const everyOther: OperatorSpec<number, number> = {
      kind: 'everyOther',
      start({ output }) {
        let count = 0
        return {
          onBatch(batch) {
            const kept = batch.values.slice(0, batch.size).filter(() => count++ % 2 === 0)
            kept.forEach((value, i) => {
              batch.values[i] = value
            })
            batch.size = kept.length
            output.push(batch)
          },
        }
      },
    }
    expect(await collected(from([1, 2, 3]).through(doubled).process(everyOther))).toEqual([2, 6])
  })

  it('is merged with streams of its own pipeline only', () => {
    const one = pipeline('one').from([1])
    const two = pipeline('two').from([2])
    expect(() => one.union(two)).toThrow('GRAPH_INVALID: union() of streams of two pipelines ("one" and "two")')
  })

  it('may be merged with itself', async () => {
    const numbers = from([1, 2])
    expect((await collected(numbers.union(numbers))).sort()).toEqual([1, 1, 2, 2])
  })
})

describe('a window', () => {
  it('has its options checked where they are written', () => {
    const keyed = from([{ at: 1 }])
      .withEventTime(r => r.at, boundedOutOfOrderness(0))
      .keyBy(() => 'all')
    expect(() => keyed.tumblingWindow(0)).toThrow('DURATION_INVALID')
    expect(() => keyed.tumblingWindow(10, { offset: 10 })).toThrow('WINDOW_INVALID')
    expect(() => keyed.tumblingWindow(10, { allowedLateness: -1 })).toThrow('DURATION_INVALID: allowedLateness')
    expect(() => keyed.tumblingWindow(10, { emitWhenQuiet: 0 })).toThrow('DURATION_INVALID: emitWhenQuiet')
    expect(() => keyed.tumblingWindow(10).aggregate({})).toThrow('AGGREGATE_INVALID')
  })

  it('reduces, or computes named aggregates, for each key', async () => {
    const words = [
      { word: 'a', at: 1, n: 1 },
      { word: 'b', at: 2, n: 2 },
      { word: 'a', at: 3, n: 3 },
    ]
    const windows = from(words)
      .withEventTime(r => r.at, boundedOutOfOrderness(0))
      .keyBy(r => r.word)
      .tumblingWindow(10)
    const reduced = await collected(windows.reduce((a, b) => ({ word: a.word, at: a.at, n: a.n + b.n })))
    expect(reduced.map(({ key, value }) => [key, value.n])).toEqual([
      ['a', 4],
      ['b', 2],
    ])
    const counted = await collected(windows.aggregate({ n: count() }))
    expect(counted.map(({ key, value }) => [key, value])).toEqual([
      ['a', { n: 2 }],
      ['b', { n: 1 }],
    ])
  })
})
