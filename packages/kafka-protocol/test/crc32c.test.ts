import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../src/crc32c.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const whole = (bytes: Uint8Array): number => crc32c(bytes, 0, bytes.length)

describe('crc32c', () => {
  it('gives the check value of the catalogue and the vectors of RFC 3720', () => {
    expect(whole(text('123456789'))).toBe(0xe3069283)
    expect(whole(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(whole(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(whole(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
    expect(whole(new Uint8Array(0))).toBe(0)
  })

  it('equals the bit-by-bit definition for every range of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, from, length) => {
        const start = Math.min(from, bytes.length)
        const end = Math.min(start + length, bytes.length)
        expect(crc32c(bytes, start, end)).toBe(bitByBit(bytes.subarray(start, end)))
      }),
    )
  })

  it('refuses a range outside the bytes', () => {
    expect(() => crc32c(new Uint8Array(4), 0, 5)).toThrow(RangeError)
    expect(() => crc32c(new Uint8Array(4), 3, 2)).toThrow(RangeError)
    expect(() => crc32c(new Uint8Array(4), -1, 2)).toThrow(RangeError)
  })
})

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}
