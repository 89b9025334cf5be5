import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { checkKey, decodeKey, encodeKey, type Key, type KeyPart, ownKey } from '../../src/state/key.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'
import { anyText } from './plain-values.ts'

const parts: fc.Arbitrary<KeyPart> = fc.oneof(
  anyText(),
  fc.constantFrom('', '1', 't1:s', 'true', '-0'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
)
const keys: fc.Arbitrary<Key> = fc.oneof(parts, fc.array(parts, { minLength: 1, maxLength: 4 }))

describe('the encoding of a key', () => {
  it('gives the key back', () => {
    fc.assert(
      fc.property(keys, key => {
        expect(decodeKey(encodeKey(key))).toStrictEqual(ownKey(key))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('is what a state writer writes of it, and a reader reads', () => {
    const usual = fc.oneof(
      fc.nat(),
      fc.string({ maxLength: 140 }),
      fc.constantFrom(0, -0, 2 ** 31 - 1, 2 ** 31, 'x'.repeat(126), 'x'.repeat(127)),
    )
    fc.assert(
      fc.property(fc.oneof(keys, usual), key => {
        const bytes = new StateWriter(1).key(key).take()
        expect(bytes).toEqual(new StateWriter().text(encodeKey(key)).take())
        expect(new StateReader(bytes).key()).toStrictEqual(ownKey(key))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('is one text for one key: no two share it', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const isSame = JSON.stringify(shape(one)) === JSON.stringify(shape(other))
        expect(encodeKey(one) === encodeKey(other)).toBe(isSame)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('tells apart what prints alike', () => {
    const alike: Key[] = ['1', 1, 1n, true, 'true', ['1'], [1], ['1', ''], ['', '1'], [''], ['', ''], 't2:s1', ['2:s1']]
    expect(new Set(alike.map(encodeKey)).size).toBe(alike.length)
  })

  it('is part of stored checkpoints: it stays what it is', () => {
    const encoded = ['sensor-7', 7, -0, 1.5, 10n, true, false, ['a', 1], ['a:b', 2n, false], 1e21].map(encodeKey)
    expect(encoded).toEqual([
      'ssensor-7',
      'n7',
      'n0',
      'n1.5',
      'i10',
      'b1',
      'b0',
      't2:sa2:n1',
      't4:sa:b2:i22:b0',
      'n1e+21',
    ])
  })

  it('that is of no known type is a corrupt checkpoint', () => {
    expect(() => decodeKey('x1')).toThrow('CHECKPOINT_CORRUPT')
  })
})

describe('what can be a key', () => {
  it('is a string, a finite number, a bigint, a boolean or a tuple of these', () => {
    fc.assert(
      fc.property(keys, key => checkKey(key)),
      { numRuns: propertyRuns() },
    )
    const bad = [
      undefined,
      null,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      {},
      [],
      new Date(),
      [undefined],
      ['a', []],
      Symbol('s'),
    ]
    for (const value of bad) expect(() => checkKey(value)).toThrow('KEY_INVALID')
  })

  it('is named in the message, but not its content', () => {
    expect(() => checkKey(['secret', { password: 'hunter2' }])).toThrow('a tuple with an object at 1')
  })
})

/** Types and values, so that equality does not rest on the encoding under test. */
function shape(key: Key): unknown {
  if (typeof key === 'object') return key.map(shape)
  return [typeof key, typeof key === 'string' ? [...key].map(c => c.codePointAt(0)) : String(key === 0 ? 0 : key)]
}
