import { from as asyncFrom } from 'ix/asynciterable'
import { map as asyncMap } from 'ix/asynciterable/operators'
import { from as ixFrom } from 'ix/iterable'
import { filter } from 'ix/iterable/operators'
import { describe, expect, it } from 'vitest'
import { forEachBatch, from, fromIterable, pipeline, run, StreamError } from '../../src/index.ts'
import { openReader, readAll } from './read-all.ts'

async function* counting(count: number) {
  for (let i = 0; i < count; i++) yield i
}

const expected = (values: readonly unknown[]) => values.map((value, offset) => [offset, value])

describe('an iterable as a source', () => {
  it('may be an array, a collection, a generator, an async one, or a pipeline of ix', async () => {
    function* letters() {
      yield* 'abc'
    }
    expect(await readAll(fromIterable(['a', 'b']))).toEqual(expected(['a', 'b']))
    expect(await readAll(fromIterable(new Set([3, 1])))).toEqual(expected([3, 1]))
    expect(await readAll(fromIterable(new Map([['a', 1]])))).toEqual(expected([['a', 1]]))
    expect(await readAll(fromIterable(letters()))).toEqual(expected(['a', 'b', 'c']))
    expect(await readAll(fromIterable(counting(3)))).toEqual(expected([0, 1, 2]))
    expect(await readAll(fromIterable(ixFrom([1, 2, 3, 4]).pipe(filter(x => x % 2 === 0))))).toEqual(expected([2, 4]))
    expect(await readAll(fromIterable(asyncFrom(counting(3)).pipe(asyncMap(x => x * 10))))).toEqual(
      expected([0, 10, 20]),
    )
  })

  it('that is empty ends at once', async () => {
    expect(await readAll(fromIterable([]))).toEqual([])
    expect(await readAll(fromIterable(counting(0)))).toEqual([])
    expect(await readAll(fromIterable(new Set()))).toEqual([])
  })

  it('is handed over in batches of the size asked for', async () => {
    const numbers = [1, 2, 3, 4, 5]
    for (const iterable of [numbers, new Set(numbers), asyncFrom(numbers)]) {
      const reader = await openReader(fromIterable(iterable, { batchSize: 2 }))
      const sizes: number[] = []
      const positions: unknown[] = []
      for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
        expect(batch.size).toBeLessThanOrEqual(2)
        sizes.push(batch.size)
        positions.push(batch.next)
      }
      expect(sizes.reduce((a, b) => a + b)).toBe(5)
      expect(positions.at(-1)).toBe(5)
    }
    expect(() => fromIterable([], { batchSize: 0 })).toThrow('SOURCE_FAILED')
  })

  it('leaves the array of its user alone', async () => {
    const numbers = [1, 2, 3]
    const doubled: number[] = []
    for await (const x of from(numbers).map(x => x * 2)) doubled.push(x)
    expect([doubled, numbers]).toEqual([
      [2, 4, 6],
      [1, 2, 3],
    ])
  })

  it('goes on behind the records that a checkpoint has', async () => {
    for (const make of [() => ['a', 'b', 'c', 'd'], () => new Set('abcd'), () => asyncFrom('abcd')]) {
      expect(await readAll(fromIterable<string>(make()), 2)).toEqual([
        [2, 'c'],
        [3, 'd'],
      ])
      expect(await readAll(fromIterable<string>(make()), 4)).toEqual([])
      await expect(readAll(fromIterable<string>(make()), 5)).rejects.toThrow(
        'SOURCE_FAILED: the checkpoint stands behind record 5',
      )
    }
    await expect(readAll(fromIterable([1]), { line: 7 })).rejects.toThrow('another kind of source')
  })

  it('says whether a checkpoint could go back to where it was', () => {
    expect(fromIterable([1]).replayable).toBe(true)
    expect(fromIterable(new Set([1])).replayable).toBe(true)
    expect(fromIterable(counting(1)).replayable).toBe(false)
  })
})

describe('an async iterable as a source', () => {
  it('delivers a record at once, also when the next one is slow', async () => {
    let release: () => void = () => {}
    async function* slow() {
      yield 'first'
      await new Promise<void>(resolve => {
        release = resolve
      })
      yield 'second'
    }
    const reader = await openReader(fromIterable(slow()))
    expect((await reader.next())?.values).toEqual(['first'])
    const next = reader.next()
    release()
    expect((await next)?.values).toEqual(['second'])
    expect(await reader.next()).toBeUndefined()
  })

  it('reads ahead no further than one batch', async () => {
    let taken = 0
    async function* watched() {
      for (;;) {
        taken++
        yield taken
      }
    }
    const reader = await openReader(fromIterable(watched(), { batchSize: 10 }))
    await reader.next()
    for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve))
    expect(taken).toBeLessThanOrEqual(21)
    await reader.close()
  })

  it('that waits for its next record is given up when the reader closes', async () => {
    async function* stuck() {
      yield 1
      await new Promise(() => {})
    }
    const reader = await openReader(fromIterable(stuck()))
    await reader.next()
    const next = reader.next()
    await reader.close()
    expect(await next).toBeUndefined()
  })

  it('may return from return() what is no promise', async () => {
    let returned = 0
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        return() {
          returned++
          const result: unknown = { done: true, value: undefined }
          return result as Promise<IteratorResult<number>>
        },
      }),
    }
    const reader = await openReader(fromIterable(iterable))
    await reader.next()
    await reader.close()
    expect(returned).toBe(1)
  })
})

describe('an iterable that is left', () => {
  it('has its return() called, so that it can free what it holds', async () => {
    const freed: string[] = []
    function* plain() {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        freed.push('plain')
      }
    }
    async function* asynchronous() {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        freed.push('asynchronous')
      }
    }
    for (const endless of [plain(), asynchronous()]) {
      for await (const x of from<number>(endless)) if (x === 100) break
    }
    expect(freed).toEqual(['plain', 'asynchronous'])
  })
})

describe('an iterable that throws', () => {
  function* plain() {
    yield 1
    yield 2
    throw new Error('torn')
  }
  async function* asynchronous() {
    yield* plain()
  }

  it('has what came before read, then fails the job with the place', async () => {
    for (const make of [plain, asynchronous]) {
      const reader = await openReader(fromIterable<number>(make()))
      const seen: number[] = []
      const read = async (): Promise<void> => {
        for (let batch = await reader.next(); batch !== undefined; batch = await reader.next())
          seen.push(...batch.values)
      }
      await expect(read()).rejects.toMatchObject({
        code: 'SOURCE_FAILED',
        retryable: false,
        place: { offset: 2 },
        message: expect.stringContaining('torn'),
      })
      expect(seen).toEqual([1, 2])
    }
  })

  it('fails with its own error where that says what to do', async () => {
    const own = new StreamError('LINE_BUSY', 'the line is busy.', { retryable: true })
    const reader = await openReader(
      fromIterable(
        (async function* () {
          yield await Promise.reject<number>(own)
        })(),
      ),
    )
    await expect(reader.next()).rejects.toBe(own)
  })
})

describe('a generator that was read', () => {
  it('cannot be read again: a restarted job would take it for ended, and lose records in silence', async () => {
    for (const generator of [counting(10), [1, 2, 3].values()]) {
      const job = pipeline('once')
      let calls = 0
      job.from<number>(generator).sink(
        forEachBatch(() => {
          calls++
          throw new StreamError('SINK_DOWN', 'the sink is down.', { retryable: true })
        }),
      )
      await expect(run(job, { restart: { initialDelayMs: 0 } }).done).rejects.toThrow('a generator can be read once')
      expect(calls).toBe(1)
    }
  })

  it('is no hindrance to an iterable that begins anew each time', async () => {
    const source = fromIterable({ [Symbol.asyncIterator]: () => counting(3) })
    expect(await readAll(source)).toEqual(await readAll(source))
  })
})
