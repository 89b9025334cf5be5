import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { compressSync as snappy } from 'snappy'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { codecFor } from '../../src/compression/compression.ts'
import { lz4FrameBound } from '../../src/compression/lz4-frame-bound.ts'
import { readXerial, snappyLength } from '../../src/compression/snappy-xerial.ts'
import { zstdFrameBound } from '../../src/compression/zstd-frame-bound.ts'

const TYPES = ['gzip', 'snappy', 'lz4', 'zstd'] as const

describe.each(TYPES)('compression %s', type => {
  it('gives any bytes back', async () => {
    const codec = await codecFor(type)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ size: 'large' }), async content => {
        const compressed = await codec.compress(Buffer.from(content))
        const back = await codec.decompress(compressed, Math.max(64 * 1024, content.length) * 2)
        expect(back.equals(content)).toBe(true)
      }),
      { numRuns: propertyRuns(40) },
    )
  })

  it('refuses a small content that expands to more than is allowed, before there is so much', async () => {
    const codec = await codecFor(type)
    const bomb = await codec.compress(Buffer.alloc(50_000_000))
    expect(bomb.length).toBeLessThan(5_000_000)
    await expect(codec.decompress(bomb, 10_000_000)).rejects.toThrow(/allowed|larger than/)
    expect((await codec.decompress(bomb, 60_000_000)).length).toBe(50_000_000)
  })

  it('refuses damaged content with an error, and never hangs', async () => {
    const codec = await codecFor(type)
    const compressed = await codec.compress(Buffer.from('some content '.repeat(100)))
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(255), fc.nat(), async (at, byte, cut) => {
        const damaged = Buffer.from(compressed.subarray(0, compressed.length - (cut % 3)))
        damaged[at % damaged.length] = byte
        const outcome = await codec.decompress(damaged, 1_000_000).then(
          () => 'read',
          (error: unknown) => error,
        )
        if (outcome !== 'read') expect(outcome).toBeInstanceOf(Error)
      }),
      { numRuns: propertyRuns(100) },
    )
  })
})

describe('snappy', () => {
  it('reads blocks in the framing of snappy-java', async () => {
    const blocks = [Buffer.from('first '.repeat(1_000)), Buffer.from('second'), Buffer.alloc(0)]
    const framed = Buffer.concat([
      Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
      ...blocks.flatMap(block => {
        const compressed = snappy(block)
        const length = Buffer.alloc(4)
        length.writeInt32BE(compressed.length)
        return [length, compressed]
      }),
    ])
    const codec = await codecFor('snappy')
    expect((await codec.decompress(framed, 10_000)).equals(Buffer.concat(blocks))).toBe(true)
    expect(() => readXerial(framed.subarray(0, framed.length - 1))).toThrow('which are not there')
    await expect(codec.decompress(framed, 5_000)).rejects.toThrow('6006 bytes, 5000 are allowed')
  })

  it('knows the size of a block before it is expanded', () => {
    expect(snappyLength(snappy(Buffer.alloc(123_456)))).toBe(123_456)
    expect(() => snappyLength(Buffer.from([0xff, 0xff]))).toThrow(RangeError)
  })
})

describe('the bound of a frame', () => {
  it('is never below what the frame expands to, and not far above', async () => {
    const [lz4, zstd] = [await codecFor('lz4'), await codecFor('zstd')]
    await fc.assert(
      fc.asyncProperty(fc.nat(3_000_000), fc.nat(255), async (length, byte) => {
        const content = Buffer.alloc(length, byte)
        for (let at = 0; at < length; at += 7) content[at] = (at * 31) & 255
        const ofLz4 = lz4FrameBound(await lz4.compress(content))
        const ofZstd = zstdFrameBound(await zstd.compress(content))
        for (const bound of [ofLz4, ofZstd]) expect(bound).toBeGreaterThanOrEqual(length)
        expect(ofZstd).toBeLessThanOrEqual(length + 128 * 1024)
        expect(ofLz4).toBeLessThanOrEqual(length + 4 * 1024 * 1024)
      }),
      { numRuns: propertyRuns(15) },
    )
  })

  it('is refused where the structure is broken', () => {
    expect(() => lz4FrameBound(Buffer.from('not a frame'))).toThrow(RangeError)
    expect(() => zstdFrameBound(Buffer.from('not a frame'))).toThrow(RangeError)
    expect(() => zstdFrameBound(gzipSync('x'))).toThrow(RangeError)
  })
})
