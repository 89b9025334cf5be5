import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WireError, WireReader, WireWriter } from '../src/index.ts'

const values = fc.record({
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  int32: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  safe: fc.maxSafeInteger(),
  wide: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bool: fc.boolean(),
  text: fc.option(fc.string({ unit: 'grapheme', maxLength: 300 })),
  bytes: fc.option(fc.uint8Array({ maxLength: 3000 }).map(bytes => Buffer.from(bytes))),
  list: fc.option(fc.array(fc.integer({ min: -5, max: 5 }))),
})

describe('wire reader and writer', () => {
  it('read back what was written, for every primitive and whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 20 }), fc.integer({ min: 1, max: 64 }), (rows, firstChunkBytes) => {
        const writer = new WireWriter(firstChunkBytes)
        const total = writer.int32Placeholder()
        for (const row of rows) {
          writer.int8(row.int8).int16(row.int16).int32(row.int32).int64(row.safe).int64(row.wide).bool(row.bool)
          writer.nullableString(row.text).nullableBytes(row.bytes)
          writer.nullableArray(row.list, item => writer.int16(item))
        }
        writer.patchLength(total)
        const byteLength = writer.byteLength
        const reader = new WireReader(writer.toBuffer())
        expect(reader.remaining).toBe(byteLength)
        expect(reader.int32()).toBe(byteLength - 4)
        for (const row of rows) {
          expect(reader.int8()).toBe(row.int8)
          expect(reader.int16()).toBe(row.int16)
          expect(reader.int32()).toBe(row.int32)
          expect(reader.int64()).toBe(row.safe)
          expect(reader.bigint64()).toBe(row.wide)
          expect(reader.bool()).toBe(row.bool)
          expect(reader.nullableString()).toBe(row.text)
          expect(reader.nullableBytes()).toEqual(row.bytes)
          expect(reader.nullableArray(r => r.int16())).toEqual(row.list)
        }
        expect(reader.remaining).toBe(0)
      }),
    )
  })

  it('read back what was written in the flexible encoding, over tags that are not known', () => {
    const number = fc.integer({ min: 0, max: 0xffff_ffff })
    fc.assert(
      fc.property(fc.array(fc.tuple(values, number), { maxLength: 20 }), rows => {
        const writer = new WireWriter(8)
        for (const [{ text, bytes, list }, wide] of rows) {
          writer
            .uvarint(wide)
            .compactNullableString(text)
            .compactBytes(bytes ?? Buffer.alloc(0))
          writer.compactArray(list ?? [], item => writer.int16(item)).tags()
          // One tagged field, number 7, of 3 bytes.
          writer.uvarint(1).uvarint(7).uvarint(3).raw(Buffer.from('tag'))
          writer.uuid(wide.toString(16).padStart(32, '0'))
        }
        const reader = new WireReader(writer.toBuffer())
        for (const [{ text, bytes, list }, wide] of rows) {
          expect(reader.uvarint()).toBe(wide)
          expect(reader.compactNullableString()).toBe(text)
          expect(reader.compactNullableBytes()).toEqual(bytes ?? Buffer.alloc(0))
          expect(reader.compactArray(r => r.int16())).toEqual(list ?? [])
          reader.tags()
          reader.tags()
          expect(reader.uuid()).toBe(wide.toString(16).padStart(32, '0'))
        }
        expect(reader.remaining).toBe(0)
      }),
    )
  })

  it('writes unsigned varints as the protocol does', () => {
    const bytesOf = (value: number) => [...new WireWriter().uvarint(value).toBuffer()]
    expect([0, 127, 128, 300, 0xffff_ffff].map(bytesOf)).toEqual([
      [0],
      [0x7f],
      [0x80, 0x01],
      [0xac, 0x02],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
    ])
  })

  it('keeps large Buffers by reference and copies small ones', () => {
    const large = Buffer.alloc(5000, 1)
    const small = Buffer.alloc(10, 2)
    const parts = new WireWriter().int8(1).raw(large).raw(small).finish()
    expect(parts[1]).toBe(large)
    expect(Buffer.concat(parts)).toEqual(Buffer.concat([Buffer.from([1]), large, small]))
    small.fill(9)
    expect(parts[2]).toEqual(Buffer.alloc(10, 2))
  })

  it('patches a length whose value is known only after the chunk was closed', () => {
    const writer = new WireWriter(8).int16(7)
    const length = writer.int32Placeholder()
    writer.raw(Buffer.alloc(2000)).patchLength(length)
    expect(writer.toBuffer().readInt32BE(2)).toBe(2000)
  })
})

describe('wire reader', () => {
  it('reports every truncation as WIRE_TRUNCATED or WIRE_INVALID_LENGTH, never as a RangeError', () => {
    const whole = new WireWriter()
      .string('topic')
      .bytes(Buffer.from('value'))
      .array([1, 2], (n, w) => w.int64(n))
      .toBuffer()
    for (let length = 0; length < whole.length; length++) {
      const reader = new WireReader(whole, 0, length)
      const read = () => [reader.string(), reader.bytes(), reader.array(r => r.int64())]
      expect(read).toThrow(WireError)
    }
  })

  it('refuses an int64 that a number cannot hold, and gives it as a bigint', () => {
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = new WireWriter().int64(value).toBuffer()
      expect(() => new WireReader(bytes).int64()).toThrow(expect.objectContaining({ code: 'WIRE_UNSAFE_INTEGER' }))
      expect(new WireReader(bytes).bigint64()).toBe(value)
    }
    const largest = new WireWriter().int64(Number.MAX_SAFE_INTEGER).int64(Number.MIN_SAFE_INTEGER).toBuffer()
    const reader = new WireReader(largest)
    expect([reader.int64(), reader.int64()]).toEqual([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
  })

  it('refuses an array that announces more items than bytes are left', () => {
    const bytes = new WireWriter().int32(0x7fff_ffff).int8(0).toBuffer()
    expect(() => new WireReader(bytes).array(r => r.int8())).toThrow(
      expect.objectContaining({ code: 'WIRE_INVALID_LENGTH' }),
    )
  })

  it('refuses a null where none is allowed and a length below -1', () => {
    const nothing = new WireWriter().int16(-1).toBuffer()
    expect(() => new WireReader(nothing).string()).toThrow(expect.objectContaining({ code: 'WIRE_UNEXPECTED_NULL' }))
    const negative = new WireWriter().int32(-2).toBuffer()
    expect(() => new WireReader(negative).nullableBytes()).toThrow(
      expect.objectContaining({ code: 'WIRE_INVALID_LENGTH' }),
    )
  })
})

describe('wire writer', () => {
  it('refuses a number that is no safe integer and a string that is too long', () => {
    expect(() => new WireWriter().int64(2 ** 53)).toThrow(expect.objectContaining({ code: 'WIRE_UNSAFE_INTEGER' }))
    expect(() => new WireWriter().string('x'.repeat(40_000))).toThrow(
      expect.objectContaining({ code: 'WIRE_INVALID_LENGTH' }),
    )
  })
})
