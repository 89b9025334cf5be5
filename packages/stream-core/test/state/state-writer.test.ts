import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'
import { anyText, spelledOut } from './plain-values.ts'

describe('state that is written', () => {
  it('reads back in the same order, to the last byte', () => {
    const field = fc.oneof(
      fc.record({ type: fc.constant('uint8' as const), value: fc.nat(255) }),
      fc.record({ type: fc.constant('uint' as const), value: fc.maxSafeNat() }),
      fc.record({ type: fc.constant('float64' as const), value: fc.double() }),
      fc.record({ type: fc.constant('text' as const), value: anyText() }),
      fc.record({ type: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 40 }) }),
    )
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), fc.integer({ min: 1, max: 64 }), (fields, capacity) => {
        const writer = new StateWriter(capacity)
        for (const { type, value } of fields) write(writer, type, value)
        const { length } = writer
        const bytes = writer.take()
        expect(bytes.length).toBe(length)
        const reader = new StateReader(bytes)
        const back = fields.map(({ type }) => read(reader, type))
        expect(spelledOut(back)).toBe(spelledOut(fields.map(({ value }) => value)))
        expect(reader.done).toBe(true)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('takes whole numbers up to the largest safe one, small ones in one byte', () => {
    for (const value of [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
      const bytes = new StateWriter().uint(value).take()
      expect(new StateReader(bytes).uint()).toBe(value)
      if (value < 128) expect(bytes).toHaveLength(1)
    }
  })

  it('is handed over once: the writer goes on with nothing, and leaves what it gave away alone', () => {
    const writer = new StateWriter(1)
    const first = writer.text('first').take()
    const second = writer.text('other').take()
    expect(new StateReader(first).text()).toBe('first')
    expect(new StateReader(second).text()).toBe('other')
    expect(writer.length).toBe(0)
  })

  it('keeps every text: a byte order mark, unpaired surrogates and pairs among them', () => {
    for (const text of [
      '\uFEFFmark',
      '\uD83D\uDE00',
      '\uDE00\uD83D',
      'a\uD800',
      '\uDC00é',
      `${'x'.repeat(127)}\uD800`,
      '\uD800'.repeat(200),
    ]) {
      expect(new StateReader(new StateWriter().text(text).take()).text()).toBe(text)
    }
  })
})

function write(writer: StateWriter, type: 'uint8' | 'uint' | 'float64' | 'text' | 'bytes', value: unknown): void {
  if (type === 'text') writer.text(value as string)
  else if (type === 'bytes') writer.bytes(value as Uint8Array)
  else writer[type](value as number)
}

function read(reader: StateReader, type: 'uint8' | 'uint' | 'float64' | 'text' | 'bytes'): unknown {
  return type === 'bytes' ? reader.bytes().slice() : reader[type]()
}
