import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VarintReader, varintSize, writeVarint, writeVarlong } from '../src/varint.ts'

const int32 = fc.oneof(fc.integer(), fc.integer({ min: -200, max: 20_000 }))
const int64 = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), int32)

describe('varints', () => {
  it('gives every 32-bit integer back, in as many bytes as announced', () => {
    fc.assert(
      fc.property(int32, fc.nat(6), (value, spare) => {
        const bytes = new Uint8Array(5 + spare)
        const end = writeVarint(bytes, 0, value)
        expect(end).toBe(varintSize(value))
        const reader = new VarintReader(bytes, 0, end + spare)
        expect(reader.varint()).toBe(value)
        expect(reader.at).toBe(end)
      }),
    )
  })

  it('gives every safe integer back', () => {
    fc.assert(
      fc.property(int64, fc.nat(6), (value, spare) => {
        const bytes = new Uint8Array(10 + spare)
        const end = writeVarlong(bytes, 0, value)
        const reader = new VarintReader(bytes, 0, end + spare)
        expect(reader.varlong()).toBe(value)
        expect(reader.at).toBe(end)
      }),
    )
  })

  it('writes the bytes of the zigzag code', () => {
    const bytes = new Uint8Array(5)
    expect([...bytes.subarray(0, writeVarint(bytes, 0, -1))]).toEqual([1])
    expect([...bytes.subarray(0, writeVarint(bytes, 0, 150))]).toEqual([0xac, 0x02])
    expect([...bytes.subarray(0, writeVarint(bytes, 0, -(2 ** 31)))]).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f])
  })

  it('reads the whole range of 64 bits as the nearest number', () => {
    const reader = new VarintReader(Uint8Array.of(...Array(9).fill(0xff), 1), 0, 10)
    expect(reader.varlong()).toBe(-(2 ** 63))
  })

  it('refuses a varint that is cut off, endless or too large', () => {
    expect(() => new VarintReader(Uint8Array.of(0x80), 0, 1).varint()).toThrow('cut off')
    expect(() => new VarintReader(Uint8Array.of(0x80, 0x01), 0, 1).varint()).toThrow('cut off')
    expect(() => new VarintReader(new Uint8Array(20).fill(0x80), 0, 20).varint()).toThrow('longer than 5')
    expect(() => new VarintReader(new Uint8Array(20).fill(0x80), 0, 20).varlong()).toThrow('longer than 10')
    expect(() => new VarintReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0), 0, 7).varint()).toThrow(
      'too large',
    )
  })
})
