import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pseudonymizer } from '../../src/readings/pseudonym.ts'

test('is the low 53 bits of the first eight bytes of the keyed digest', () => {
  const pseudonymizer = new Pseudonymizer('a key')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), id => {
      const digest = createHmac('sha256', 'a key')
        .update(`rtp telemetry sensor id v1\0${id.normalize('NFC')}`)
        .digest()
      expect(BigInt(pseudonymizer.pseudonym(id))).toBe(digest.readBigUInt64BE(0) & ((1n << 53n) - 1n))
    }),
    { numRuns: 300 },
  )
})

test('stays the same in every version: rows that are stored must meet those to come', () => {
  const pseudonymizer = new Pseudonymizer('a key')
  expect(pseudonymizer.pseudonym('+491510000000')).toBe(5768080105951380)
  expect(pseudonymizer.pseudonym('Zoë')).toBe(7457351719618170)
  expect(pseudonymizer.keyId).toBe('k1-51a7b40d')
})

test('gives another number and another key id under another key', () => {
  const [one, two] = [new Pseudonymizer('one'), new Pseudonymizer('two')]
  expect(one.pseudonym('+491510000000')).not.toBe(two.pseudonym('+491510000000'))
  expect(one.keyId).not.toBe(two.keyId)
  expect(one.keyId).toMatch(/^k1-[0-9a-f]{8}$/)
})

test('does not depend on what was asked before or forgotten since', () => {
  const large = new Pseudonymizer('key')
  const small = new Pseudonymizer('key', { capacity: 3 })
  const ids = Array.from({ length: 20 }, (_, i) => `sensor-${i % 7}`)
  expect(ids.map(id => small.pseudonym(id))).toEqual(ids.map(id => large.pseudonym(id)))
})

test('treats two spellings of one text as the same id', () => {
  const pseudonymizer = new Pseudonymizer('key')
  expect(pseudonymizer.pseudonym('Zoe\u0308')).toBe(pseudonymizer.pseudonym('Zo\u00eb'))
})
