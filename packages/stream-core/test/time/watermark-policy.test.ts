import { batchOf } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'
import {
  boundedOutOfOrderness,
  sourceWatermarks,
  type WatermarkGenerator,
  type WatermarkPolicy,
  withAlignment,
  withIdleness,
} from '../../src/time/watermark-policy.ts'

describe('bounded out-of-orderness', () => {
  it('gives each record "highest time before it - bound - 1", in batches of any size and over restores', () => {
    const times = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 60 })
    fc.assert(
      fc.property(times, fc.nat(50), fc.integer({ min: 1, max: 7 }), (all, bound, size) => {
        let generator = boundedOutOfOrderness(bound).start()
        const stamped: number[] = []
        for (let from = 0; from < all.length; from += size) {
          const batch = batchOf(all.slice(from, from + size), { times: all.slice(from, from + size) })
          const after = generator.stamp(batch, neverFails)
          stamped.push(...batch.watermarks)
          expect(after).toBe(Math.max(...all.slice(0, from + size)) - bound - 1)
          generator = restored(generator, boundedOutOfOrderness(bound))
        }
        expect(stamped).toEqual(all.map((_, i) => Math.max(...all.slice(0, i)) - bound - 1))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('has no watermark before the first record, not a number computed from nothing', () => {
    const generator = boundedOutOfOrderness(10).start()
    expect(generator.stamp(batchOf([]), neverFails)).toBe(Number.NEGATIVE_INFINITY)
  })

  it('needs a whole, not negative bound', () => {
    for (const bound of [-1, 0.5, Number.NaN]) expect(() => boundedOutOfOrderness(bound)).toThrow('DURATION_INVALID')
  })

  it('does not go on from what is no time', () => {
    const generator = boundedOutOfOrderness(0).start()
    expect(() => generator.read(new StateReader(new StateWriter().float64(Number.NaN).take()))).toThrow(
      'CHECKPOINT_CORRUPT',
    )
  })
})

describe('watermarks of the source', () => {
  it('are taken as they come, never go back, and outlive a restore', () => {
    const policy = sourceWatermarks()
    const generator = policy.start()
    const first = batchOf(['a', 'b', 'c'], { watermarks: [Number.NEGATIVE_INFINITY, 20, 10] })
    first.watermark = 25
    expect(generator.stamp(first, neverFails)).toBe(25)
    expect([...first.watermarks]).toEqual([Number.NEGATIVE_INFINITY, 20, 20])
    const second = batchOf(['d'], { watermarks: [7] })
    expect(restored(generator, policy).stamp(second, neverFails)).toBe(25)
    expect([...second.watermarks]).toEqual([25])
  })

  it('are still those of the source with idleness or alignment on top', () => {
    expect(withIdleness(sourceWatermarks(), 5).fromSource).toBe(true)
    expect(withAlignment(sourceWatermarks(), { group: 'all', maxDriftMs: 5 }).fromSource).toBe(true)
  })
})

describe('idleness', () => {
  it('is added to any policy, one that is a class of its own too', () => {
    class Own implements WatermarkPolicy {
      readonly name = 'own'
      start(): WatermarkGenerator<unknown> {
        return boundedOutOfOrderness(3).start()
      }
    }
    const policy = withIdleness(new Own(), 5_000)
    expect(policy).toMatchObject({ name: 'own, idle after 5 s', idleAfterMs: 5_000 })
    expect(policy.start().stamp(batchOf([0], { times: [10] }), neverFails)).toBe(6)
  })

  it('needs a time above zero', () => {
    expect(() => withIdleness(boundedOutOfOrderness(0), 0)).toThrow('DURATION_INVALID')
  })
})

describe('alignment', () => {
  it('is added to any policy, with idleness or without, and keeps what the policy had', () => {
    const both = withAlignment(withIdleness(boundedOutOfOrderness(0), 5_000), { group: 'day', maxDriftMs: 60_000 })
    expect(both).toMatchObject({
      name: 'bounded out-of-orderness 0 ms, idle after 5 s, at most 1 min ahead in group day',
      idleAfterMs: 5_000,
      alignment: { group: 'day', maxDriftMs: 60_000 },
    })
    expect(withIdleness(both, 7_000)).toMatchObject({ idleAfterMs: 7_000, alignment: { group: 'day' } })
  })

  it('needs a drift above zero', () => {
    expect(() => withAlignment(boundedOutOfOrderness(0), { group: 'a', maxDriftMs: 0 })).toThrow('DURATION_INVALID')
  })
})

const neverFails = (cause: unknown): never => {
  throw cause
}

function restored(from: WatermarkGenerator<unknown>, policy: WatermarkPolicy): WatermarkGenerator<unknown> {
  const state = new StateWriter()
  from.write(state)
  const fresh = policy.start()
  fresh.read(new StateReader(state.take()))
  return fresh
}
