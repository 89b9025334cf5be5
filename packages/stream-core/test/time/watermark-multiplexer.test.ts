import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { WatermarkMultiplexer } from '../../src/time/watermark-multiplexer.ts'

function recorded(...splits: string[]) {
  const said: (number | 'idle' | 'active')[] = []
  const multiplexer = new WatermarkMultiplexer({
    watermark: time => void said.push(time),
    idle: () => void said.push('idle'),
    active: () => void said.push('active'),
  })
  for (const split of splits) multiplexer.register(split)
  const take = () => said.splice(0)
  return { multiplexer, take }
}

describe('the watermark of splits that come and go', () => {
  it('is the lowest of those that are not idle, and never goes back', () => {
    const { multiplexer, take } = recorded('a', 'b')
    multiplexer.advance('a', 2)
    multiplexer.advance('b', 5)
    expect(take()).toEqual([2])
    multiplexer.markIdle('a')
    expect(take()).toEqual([5])
    multiplexer.advance('a', 3)
    expect(take()).toEqual([])
  })

  it('is the highest when all are idle, whichever goes idle first', () => {
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const { multiplexer, take } = recorded('a', 'b')
      multiplexer.advance('a', 5)
      multiplexer.advance('b', 4)
      for (const split of order) multiplexer.markIdle(split)
      expect(take()).toEqual([4, 5, 'idle'])
      multiplexer.markActive('b')
      expect(take()).toEqual(['active'])
    }
  })

  it('takes deferred words into account at the next emit, or the next word that is not deferred', () => {
    const { multiplexer, take } = recorded('a', 'b')
    multiplexer.advance('a', 0, { deferred: true })
    multiplexer.advance('b', 1, { deferred: true })
    expect(take()).toEqual([])
    multiplexer.emit()
    expect(take()).toEqual([0])
    multiplexer.advance('a', 7, { deferred: true })
    multiplexer.advance('b', 2)
    expect(take()).toEqual([2])
  })

  it('ignores a lower word of a split, deferred or not', () => {
    const { multiplexer, take } = recorded('a')
    multiplexer.advance('a', 5, { deferred: true })
    multiplexer.advance('a', 2)
    expect(take()).toEqual([])
    multiplexer.emit()
    expect(take()).toEqual([5])
  })

  it('wakes a split by its watermark, also by one that is behind', () => {
    const { multiplexer, take } = recorded('a')
    multiplexer.markIdle('a')
    expect(take()).toEqual(['idle'])
    multiplexer.advance('a', 0)
    expect(take()).toEqual(['active', 0])
    multiplexer.markIdle('a')
    multiplexer.advance('a', -3, { deferred: true })
    multiplexer.emit()
    expect(take()).toEqual(['idle', 'active'])
  })

  it('is not held back by a split that is gone, and does not go back for one that is new', () => {
    const { multiplexer, take } = recorded('lower', 'higher')
    multiplexer.advance('lower', 1)
    multiplexer.advance('higher', 9)
    expect(multiplexer.unregister('lower')).toBe(true)
    expect(multiplexer.unregister('lower')).toBe(false)
    expect(take()).toEqual([1])
    multiplexer.advance('higher', 10)
    expect(take()).toEqual([10])
    multiplexer.register('new')
    multiplexer.advance('new', 3)
    expect(take()).toEqual([])
  })

  it('is idle once all splits are gone, and says nothing before the first has said something', () => {
    const { multiplexer, take } = recorded()
    multiplexer.emit()
    multiplexer.register('a')
    multiplexer.emit()
    expect(take()).toEqual([])
    multiplexer.advance('a', 1)
    multiplexer.unregister('a')
    expect(take()).toEqual([1])
    multiplexer.emit()
    expect(take()).toEqual(['idle'])
  })

  it('knows its splits', () => {
    const { multiplexer } = recorded('a')
    expect(() => multiplexer.register('a')).toThrow('SPLIT_INVALID')
    expect(() => multiplexer.advance('b', 1)).toThrow('SPLIT_INVALID')
    expect(() => multiplexer.markIdle('b')).toThrow('SPLIT_INVALID')
  })

  it('is as the rules say, spelled out naively, for any words of three splits', () => {
    const words = fc.array(
      fc.record({
        split: fc.constantFrom('a', 'b', 'c'),
        what: fc.oneof(fc.constant('idle' as const), fc.constant('active' as const), fc.integer({ min: 0, max: 30 })),
      }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(words, script => {
        const { multiplexer, take } = recorded('a', 'b', 'c')
        const state = new Map(['a', 'b', 'c'].map(id => [id, { mark: Number.NEGATIVE_INFINITY, idle: false }]))
        let [mark, idle] = [Number.NEGATIVE_INFINITY, false]
        for (const { split, what } of script) {
          const own = state.get(split)!
          own.idle = what === 'idle'
          if (typeof what === 'number') own.mark = Math.max(own.mark, what)
          if (typeof what === 'number') multiplexer.advance(split, what)
          else if (what === 'idle') multiplexer.markIdle(split)
          else multiplexer.markActive(split)
          const active = [...state.values()].filter(one => !one.idle)
          const all = [...state.values()].map(one => one.mark)
          mark = Math.max(mark, active.length === 0 ? Math.max(...all) : Math.min(...active.map(one => one.mark)))
          idle = active.length === 0
          const said = take()
          expect(said.filter(one => typeof one === 'number')).toEqual(said.includes(mark) ? [mark] : [])
          for (const one of said) if (one === 'idle') expect(idle).toBe(true)
          for (const one of said) if (one === 'active') expect(idle).toBe(false)
        }
        // What was said last of either kind is what holds.
        multiplexer.emit()
        expect(take()).toEqual([])
      }),
      { numRuns: propertyRuns() },
    )
  })
})
