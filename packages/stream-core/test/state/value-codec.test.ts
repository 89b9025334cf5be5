import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'
import { plainValues, spelledOut } from './plain-values.ts'

describe('a value in state', () => {
  it('comes back as it was, whatever plain data it is', () => {
    fc.assert(
      fc.property(plainValues(), value => {
        expect(spelledOut(roundTrip(value))).toBe(spelledOut(value))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('comes back from between others', () => {
    fc.assert(
      fc.property(fc.array(plainValues(), { maxLength: 3 }), values => {
        const state = new StateWriter()
        for (const value of values) state.value(value)
        const reader = new StateReader(state.take())
        for (const value of values) expect(spelledOut(reader.value())).toBe(spelledOut(value))
        expect(reader.done).toBe(true)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('may be nested a thousand deep', () => {
    let value: unknown = 'core'
    for (let i = 0; i < 1_000; i++) value = i % 2 === 0 ? [value] : { in: value }
    let back = roundTrip(value)
    for (let i = 0; i < 1_000; i++) back = Object.values(back as object)[0]
    expect(back).toBe('core')
  })

  it('keeps a field named __proto__ a field', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}')
    const back = roundTrip(value) as object
    expect(Object.keys(back)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
  })

  it('keeps bytes of its own, not a window into the checkpoint', () => {
    const state = new StateWriter()
    const stored = state.value(Uint8Array.of(1, 2, 3)).take()
    const back = new StateReader(stored).value() as Uint8Array
    stored.fill(0)
    expect([...back]).toEqual([1, 2, 3])
  })

  it('is refused when it would come back as something else', () => {
    class Celsius {
      degrees = 20
    }
    const refused = [() => 1, Symbol('s'), new Celsius(), /x/, new Error('no'), Promise.resolve(), new Float64Array(1)]
    for (const value of [...refused, [new URL('https://example.org')], { deep: new Celsius() }]) {
      expect(() => new StateWriter().value(value)).toThrow('STATE_INVALID')
    }
  })

  it('that is cut off or of an unknown type is a corrupt checkpoint', () => {
    fc.assert(
      fc.property(plainValues(), fc.nat(), (value, cut) => {
        const bytes = new StateWriter().value(value).take()
        const short = bytes.subarray(0, cut % bytes.length)
        expect(() => new StateReader(short).value()).toThrow('CHECKPOINT_CORRUPT')
      }),
      { numRuns: propertyRuns() },
    )
    expect(() => new StateReader(Uint8Array.of(200)).value()).toThrow('CHECKPOINT_CORRUPT')
    expect(() => new StateReader(Uint8Array.of(7, 2, 0xff, 0xfe)).value()).toThrow('CHECKPOINT_CORRUPT')
  })
})

function roundTrip(value: unknown): unknown {
  return new StateReader(new StateWriter().value(value).take()).value()
}
