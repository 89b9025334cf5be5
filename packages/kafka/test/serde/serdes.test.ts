import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes } from '../../src/serde/bytes.ts'
import { json } from '../../src/serde/json.ts'
import { nullable } from '../../src/serde/nullable.ts'
import { RecordFault } from '../../src/serde/record-fault.ts'
import type { Serde } from '../../src/serde/serde.ts'
import { text } from '../../src/serde/text.ts'

function roundTrip<T>(serde: Serde<T>, value: T): T {
  const room = Buffer.alloc(10_000)
  const end = serde.encoder()(value, room, 3)
  const fault = new RecordFault()
  const found = serde.decoder().decode(room, 3, end, fault)
  expect(fault.failed).toBe(false)
  return found
}

describe('serdes', () => {
  it('give texts back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), value => {
        expect(roundTrip(text, value)).toBe(value)
      }),
    )
    expect(roundTrip(text, 'with a \ufffd of its own')).toBe('with a \ufffd of its own')
  })

  it('give bytes back, in a Buffer of their own', () => {
    fc.assert(
      fc.property(fc.uint8Array(), value => {
        const found = roundTrip(bytes, value)
        expect([...found]).toEqual([...value])
      }),
    )
    const source = Buffer.from('abc')
    const copy = bytes.decoder().decode(source, 0, 3, new RecordFault())
    source.fill(0)
    expect(copy.toString()).toBe('abc')
  })

  it('give any JSON back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(roundTrip(json(), value)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('name what is wrong', () => {
    const reasonOf = (serde: Serde<unknown>, content: Buffer): string => {
      const fault = new RecordFault()
      serde.decoder().decode(content, 0, content.length, fault)
      return fault.failed ? fault.reason : 'none'
    }
    expect(reasonOf(text as Serde<unknown>, Buffer.from([0x61, 0xff]))).toBe('NOT_UTF8')
    expect(reasonOf(json(), Buffer.from('{'))).toBe('NOT_JSON')
    expect(reasonOf(json(), Buffer.alloc(0))).toBe('EMPTY')
  })

  it('take a tombstone for null when they are nullable', () => {
    expect(nullable(text).ofNull).toEqual({ value: null })
    expect(text.ofNull).toBeUndefined()
    expect(roundTrip(nullable(text), 'a')).toBe('a')
  })
})
