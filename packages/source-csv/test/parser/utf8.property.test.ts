import fc from 'fast-check'
import { expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { isUtf8 } from '../../src/parser/utf8.ts'

it('takes exactly the bytes that a strict TextDecoder takes', () => {
  const strict = new TextDecoder('utf-8', { fatal: true })
  const decodes = (bytes: Uint8Array) => {
    try {
      strict.decode(bytes)
      return true
    } catch {
      return false
    }
  }
  const edge = fc.constantFrom(
    0,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xed,
    0xef,
    0xf0,
    0xf1,
    0xf4,
    0xf5,
    0xff,
  )
  const bytes = fc.oneof(
    fc.array(edge, { maxLength: 8 }).map(values => Uint8Array.from(values)),
    fc.string({ unit: 'binary', maxLength: 8 }).map(text => new TextEncoder().encode(text)),
    fc.uint8Array({ maxLength: 6 }),
  )
  fc.assert(
    fc.property(bytes, value => {
      expect(isUtf8(value, 0, value.length)).toBe(decodes(value))
    }),
    { numRuns: propertyRuns(10_000) },
  )
})

it('looks at no byte outside the range', () => {
  const bytes = Uint8Array.from([0xff, 0xc3, 0xa9, 0xff])
  expect(isUtf8(bytes, 1, 3)).toBe(true)
  expect(isUtf8(bytes, 1, 2)).toBe(false)
})
