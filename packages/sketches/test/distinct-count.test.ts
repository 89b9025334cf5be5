import type { Key } from '@rtp/stream-core/extend'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash53 } from '../src/hash.ts'
import { distinctCount } from '../src/index.ts'
import { merged, RUNS, Slots } from './slots.ts'

const itself = (x: Key) => x
const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `user ${from + i}`)

describe('distinctCount', () => {
  it('is exact while there are few values, however often they come', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.boolean())), values => {
        expect(new Slots(distinctCount(itself)).add(0, [...values, ...values]).result(0)).toBe(new Set(values).size)
      }),
      RUNS,
    )
  })

  it('is within four standard errors, for counts from few to many and every kind of key', () => {
    const kinds: ((i: number) => Key)[] = [i => `user ${i}`, i => i, i => BigInt(i), i => [i % 100, `${i}`]]
    for (const error of [0.05, 0.01]) {
      for (const keyOf of kinds) {
        for (const count of [1_000, 3_000, 20_000, 100_000]) {
          const values = Array.from({ length: count }, (_, i) => keyOf(i))
          const found = new Slots(distinctCount(itself, { error })).add(0, values).result(0)
          expect(Math.abs(found / count - 1), `${count} at ${error}: ${found}`).toBeLessThan(4 * error)
        }
      }
    }
  })

  it('is off by the error it was given on average, and by no bias', () => {
    const error = 0.05
    const relative = Array.from({ length: 200 }, (_, run) => {
      const values = texts(run * 5_000, run * 5_000 + 5_000)
      return new Slots(distinctCount(itself, { error })).add(0, values).result(0) / 5_000 - 1
    })
    const rms = Math.sqrt(relative.reduce((sum, e) => sum + e * e, 0) / relative.length)
    const bias = relative.reduce((sum, e) => sum + e, 0) / relative.length
    expect(rms).toBeLessThan(error * 1.15)
    // The mean of 200 is known to within a fourteenth of one error.
    expect(Math.abs(bias)).toBeLessThan((3 * error) / Math.sqrt(200))
  })

  it('is the same however the values were split and merged, and after a restore', () => {
    const part = fc.tuple(fc.nat(3_000), fc.nat(2_000)).map(([from, length]) => texts(from, from + length))
    const aggregate = distinctCount(itself, { error: 0.05 })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), parts => {
        const whole = new Slots(aggregate).add(0, parts.flat())
        expect(merged(aggregate, parts)).toBe(whole.result(0))
        expect(merged(aggregate, [...parts].reverse())).toBe(whole.result(0))
        const restored = new Slots(aggregate).read(2, whole.written(0))
        expect(restored.add(2, ['one more']).result(2)).toBe(whole.add(0, ['one more']).result(0))
      }),
      { ...RUNS, numRuns: 50 },
    )
  })

  it('tells a number from its text, and leaves out undefined', () => {
    expect(new Slots(distinctCount((x: Key | undefined) => x)).add(0, [1, '1', 1n, true, undefined]).result(0)).toBe(4)
  })

  it('takes as much room as its error says', () => {
    const slots = new Slots(distinctCount(itself)).add(0, texts(0, 100_000))
    expect(slots.written(0).length).toBeLessThan(16_384 + 16)
  })

  it('refuses what is no key, an error that cannot be, and state of another error', () => {
    expect(() => new Slots(distinctCount(itself)).add(0, [Number.NaN])).toThrow('KEY_INVALID')
    for (const error of [0, 1, Number.NaN, -0.1])
      expect(() => distinctCount(itself, { error })).toThrow('AGGREGATE_INVALID')
    const bytes = new Slots(distinctCount(itself)).add(0, texts(0, 2_000)).written(0)
    expect(() => new Slots(distinctCount(itself, { error: 0.1 })).read(0, bytes)).toThrow('STATE_INVALID')
    bytes[0] = 9
    expect(() => new Slots(distinctCount(itself)).read(0, bytes)).toThrow('CHECKPOINT_NEWER_VERSION')
  })
})

describe('hash53', () => {
  it('is what it was: counts in checkpoints depend on it', () => {
    expect([hash53(''), hash53('a'), hash53('suser 1'), hash53('\ud800é')]).toMatchInlineSnapshot(`
      [
        7720514661478570,
        4423990621161923,
        4483736316338307,
        681608899340097,
      ]
    `)
  })

  it('has no two of 300,000 texts fall together', () => {
    expect(new Set(texts(0, 300_000).map(hash53)).size).toBe(300_000)
  })
})
