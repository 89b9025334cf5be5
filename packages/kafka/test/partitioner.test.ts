import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur2, partitionOfKey } from '../src/partitioner.ts'

const require = createRequire(import.meta.url)
const kafkajsMurmur2: (key: Buffer) => number = require('kafkajs/src/producer/partitioners/default/murmur2')

describe('partitionOfKey', () => {
  it('hashes as the Java client: the vectors of its own test', () => {
    // org.apache.kafka.common.utils.UtilsTest.testMurmur2
    const vectors: [string, number][] = [
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ]
    for (const [text, hash] of vectors) expect(murmur2(Buffer.from(text))).toBe(hash)
    expect(murmur2(Buffer.from('abc'))).toBe(479470107)
  })

  it('places every key where kafkajs does, whose default is the Java client', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 1, max: 1_000 }), (key, partitions) => {
        const expected = (kafkajsMurmur2(Buffer.from(key)) & 0x7fffffff) % partitions
        expect(partitionOfKey(key, partitions)).toBe(expected)
      }),
    )
  })

  it('can hash the front of a larger buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (key, behind) => {
        expect(murmur2(Buffer.concat([key, behind]), key.length)).toBe(murmur2(key))
      }),
    )
  })
})
