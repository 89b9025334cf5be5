import { describe, expect, it } from 'vitest'
import { from } from '../../src/index.ts'

async function* counting(count: number) {
  for (let i = 0; i < count; i++) yield i
}

function iteratorOf(count: number): AsyncIterator<number> {
  return from(counting(count))[Symbol.asyncIterator]()
}

describe('the iterator of a stream', () => {
  it('yields every record in order, then ends, and stays ended', async () => {
    const iterator = iteratorOf(3)
    const seen: unknown[] = []
    for (let i = 0; i < 5; i++) seen.push(await iterator.next())
    expect(seen).toEqual([
      { done: false, value: 0 },
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
  })

  it('answers calls of next() that were made all at once', async () => {
    const iterator = iteratorOf(3)
    const answers = await Promise.all(Array.from({ length: 6 }, () => iterator.next()))
    expect(answers.map(({ value }) => value)).toEqual([0, 1, 2, undefined, undefined, undefined])
    expect(answers.map(({ done }) => done)).toEqual([false, false, false, true, true, true])
  })

  it('holds the source back while nobody takes', async () => {
    let taken = 0
    async function* watched() {
      for (;;) yield taken++
    }
    const iterator = from(watched())[Symbol.asyncIterator]()
    await iterator.next()
    let before = -1
    while (before !== taken) {
      before = taken
      for (let i = 0; i < 100; i++) await new Promise(resolve => setImmediate(resolve))
    }
    expect(taken).toBeLessThan(20_000)
    await iterator.return?.()
  })

  it('yields what was made before a failure, throws it, and is over', async () => {
    const stream = from(counting(10)).map(x => {
      if (x === 5_000) throw new Error('never')
      return x
    })
    const failing = from(
      (async function* () {
        yield 1
        throw new Error('torn')
      })(),
    )
    const seen: number[] = []
    await expect(
      (async () => {
        for await (const x of failing) seen.push(x)
      })(),
    ).rejects.toThrow('torn')
    expect(seen).toEqual([1])
    const iterator = failing[Symbol.asyncIterator]()
    await expect(iterator.next()).rejects.toThrow('read once')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    for await (const x of stream) if (x === 9) break
  })

  it('that is left while it waits ends the wait', async () => {
    async function* stuck() {
      yield 1
      await new Promise(() => {})
    }
    const iterator = from(stuck())[Symbol.asyncIterator]()
    expect(await iterator.next()).toEqual({ done: false, value: 1 })
    const waiting = iterator.next()
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('starts nothing before the first next(), and nothing at all when it was left before', async () => {
    let started = false
    async function* watched() {
      started = true
      yield 1
    }
    const iterator = from(watched())[Symbol.asyncIterator]()
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(started).toBe(false)
  })

  it('runs what is upstream of it alone', async () => {
    const stream = from([1, 2, 3])
    const elsewhere: number[] = []
    stream.map(x => elsewhere.push(x))
    const seen: number[] = []
    for await (const x of stream.map(x => x * 2)) seen.push(x)
    expect([seen, elsewhere]).toEqual([[2, 4, 6], []])
  })
})
