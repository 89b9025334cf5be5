import { manualClock } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { AsyncCall } from '../../../src/operators/async/async-options.ts'
import { LookupCache } from '../../../src/operators/joins/lookup-cache.ts'

const call = (): AsyncCall & { abort(): void } => {
  const abort = new AbortController()
  return { signal: abort.signal, attempt: 1, abort: () => abort.abort() }
}

/** Counts what is really asked for. */
function table(rows: Readonly<Record<string, string>>) {
  const asked: string[] = []
  return {
    asked,
    lookup: async (key: unknown) => {
      asked.push(String(key))
      return rows[String(key)]
    },
  }
}

describe('a lookup cache', () => {
  it('asks once for what it keeps, and counts hits and misses', async () => {
    const { asked, lookup } = table({ a: 'A' })
    const cache = new LookupCache<string>({})
    expect(await cache.get('a', lookup, call())).toBe('A')
    expect(await cache.get('a', lookup, call())).toBe('A')
    expect(asked).toEqual(['a'])
    expect([cache.hits, cache.misses]).toEqual([1, 1])
  })

  it('makes room by the key that was not asked for the longest', async () => {
    const { asked, lookup } = table({ a: 'A', b: 'B', c: 'C' })
    const cache = new LookupCache<string>({ size: 2 })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(key, lookup, call())
    expect(asked).toEqual(['a', 'b', 'c', 'b'])
    expect(cache.size).toBe(2)
  })

  it('believes an answer for its time to live', async () => {
    const { asked, lookup } = table({ a: 'A' })
    const clock = manualClock()
    const cache = new LookupCache<string>({ ttlMs: 100, clock })
    await cache.get('a', lookup, call())
    clock.advance(99)
    await cache.get('a', lookup, call())
    clock.advance(1)
    await cache.get('a', lookup, call())
    expect(asked).toEqual(['a', 'a'])
  })

  it('keeps that there is nothing when asked to, and else asks again', async () => {
    for (const [negative, times] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const { asked, lookup } = table({})
      const cache = new LookupCache<string>({ negative })
      expect(await cache.get('a', lookup, call())).toBeNull()
      expect(await cache.get('a', lookup, call())).toBeNull()
      expect(asked).toHaveLength(times)
    }
  })

  it('lets lookups of one key at a time share a call, also where it keeps nothing', async () => {
    const { asked, lookup } = table({ a: 'A' })
    const cache = new LookupCache<string>({ size: 0 })
    const answers = await Promise.all([1, 2, 3].map(() => cache.get('a', lookup, call())))
    expect(answers).toEqual(['A', 'A', 'A'])
    expect(asked).toHaveLength(1)
    expect(cache.size).toBe(0)
  })

  it('does not let one lookup fail because the time of another was over', async () => {
    let calls = 0
    const lookup = (_key: unknown, { signal }: AsyncCall) =>
      ++calls > 1
        ? Promise.resolve('A')
        : new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(new Error('time over'))))
    const cache = new LookupCache<string>({})
    const [first, second] = [call(), call()]
    const answers = Promise.allSettled([cache.get('a', lookup, first), cache.get('a', lookup, second)])
    first.abort()
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  it('does not keep an error', async () => {
    let calls = 0
    const cache = new LookupCache<string>({})
    const lookup = async () => {
      if (++calls === 1) throw new Error('down')
      return 'A'
    }
    await expect(cache.get('a', lookup, call())).rejects.toThrow('down')
    expect(await cache.get('a', lookup, call())).toBe('A')
  })

  it('tells 1, the text 1 and the tuple with 1 apart, and refuses what is no key', async () => {
    const { asked, lookup } = table({})
    const cache = new LookupCache<string>({ negative: true })
    for (const key of [1, '1', [1], 1]) await cache.get(key, lookup, call())
    expect(asked).toHaveLength(3)
    await expect(cache.get(Number.NaN, lookup, call())).rejects.toThrow('KEY_INVALID')
  })

  it('refuses a size or a time to live that is none', () => {
    expect(() => new LookupCache({ size: -1 })).toThrow('JOIN_INVALID')
    expect(() => new LookupCache({ ttlMs: 0 })).toThrow('DURATION_INVALID')
  })
})
