import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import {
  batchLayout,
  decodeRecords,
  RecordBatchCursor,
  RecordBatchEncoder,
  RecordBatchError,
  RecordColumns,
  readRecordHeaders,
  setBaseOffset,
  setBatchProducer,
  writeInt32,
} from '../../src/index.ts'
import { arbitraryRecords, bytesOf, type SampleRecord } from './arbitrary-records.ts'

describe('a record batch', () => {
  it('gives every record back as it was written', () => {
    fc.assert(
      fc.property(arbitraryRecords, records => {
        expect(decode(encode(records))).toEqual(records.map(expected))
      }),
    )
  })

  it('says in its header what it holds', () => {
    const encoder = new RecordBatchEncoder(10_000)
    encoder.tryAppend(5_000, 'a', 'one')
    encoder.tryAppend(4_000, 'b', 'two')
    encoder.tryAppend(9_000, null, null)
    const batch = encoder.finish({
      producer: { producerId: 2 ** 40, producerEpoch: 7, baseSequence: 99 },
      transactional: true,
    })
    setBaseOffset(batch, 0, 2 ** 34)
    const cursor = new RecordBatchCursor(batch)
    expect(cursor.next()).toBe(true)
    expect(cursor).toMatchObject({
      baseOffset: 2 ** 34,
      lastOffset: 2 ** 34 + 2,
      recordCount: 3,
      baseTimestamp: 5_000,
      maxTimestamp: 9_000,
      producerId: 2 ** 40,
      producerEpoch: 7,
      baseSequence: 99,
      isTransactional: true,
      isControl: false,
      compression: 0,
    })
    expect(cursor.next()).toBe(false)
  })

  it('never exceeds its bound, and takes up to a few bytes of it', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.integer({ min: 300, max: 20_000 }), (records, maxBytes) => {
        const encoder = new RecordBatchEncoder(maxBytes, 64)
        const taken: SampleRecord[] = []
        for (const record of records) {
          const before = encoder.byteLength
          if (encoder.tryAppend(record.timestamp, record.key, record.value, record.headers)) taken.push(record)
          else expect(encoder.byteLength).toBe(before)
        }
        expect(encoder.count).toBe(taken.length)
        if (taken.length === 0) return
        const batch = encoder.finish()
        expect(batch.length).toBe(encoder.byteLength)
        expect(batch.length).toBeLessThanOrEqual(maxBytes)
        expect(decode(batch)).toEqual(taken.map(expected))
      }),
    )
    const exact = new RecordBatchEncoder(1_000)
    expect(exact.tryAppend(0, null, new Uint8Array(1_000 - batchLayout.records - 40))).toBe(true)
    expect(new RecordBatchEncoder(1_000).tryAppend(0, null, new Uint8Array(1_000))).toBe(false)
  })

  it('takes values that a writer puts straight into it', () => {
    const encoder = new RecordBatchEncoder(100_000, 64)
    const digits = (value: number, bytes: Buffer, at: number): number => {
      const text = String(value).repeat(50)
      return at + text.length > bytes.length ? -1 : at + bytes.write(text, at)
    }
    for (let index = 0; index < 100; index++) expect(encoder.tryAppendWith(index, 'k', index, digits)).toBe(true)
    expect(decode(encoder.finish()).map(record => record.value?.toString())).toEqual(
      Array.from({ length: 100 }, (_, index) => String(index).repeat(50)),
    )
  })

  it('starts empty again after a reset, whatever was in it', () => {
    fc.assert(
      fc.property(arbitraryRecords, arbitraryRecords, (first, second) => {
        const encoder = new RecordBatchEncoder(1_000_000, 64)
        fill(encoder, first)
        encoder.finish()
        encoder.reset()
        fill(encoder, second)
        expect(decode(encoder.finish())).toEqual(second.map(expected))
      }),
      { numRuns: propertyRuns(30) },
    )
  })

  it('can change its producer with a new checksum', () => {
    const batch = encode([{ timestamp: 1, key: 'a', value: 'b', headers: [] }])
    setBatchProducer(batch, 0, batch.length, { producerId: 5, producerEpoch: 6, baseSequence: 7 })
    const cursor = new RecordBatchCursor(batch)
    expect(cursor.next()).toBe(true)
    expect(cursor).toMatchObject({ producerId: 5, producerEpoch: 6, baseSequence: 7 })
  })

  it('leaves a record whose time is too far from the first to another batch', () => {
    const encoder = new RecordBatchEncoder(1_000)
    expect(encoder.tryAppend(-8_000_000_000_000_000, null, 'a')).toBe(true)
    expect(encoder.tryAppend(8_000_000_000_000_000, null, 'b')).toBe(false)
    expect(encoder.count).toBe(1)
  })

  it('cannot be finished without records', () => {
    expect(() => new RecordBatchEncoder(1_000).finish()).toThrow(RangeError)
  })

  it('refuses a timestamp that is no integer', () => {
    expect(() => new RecordBatchEncoder(1_000).tryAppend(Number.NaN, null, null)).toThrow(RangeError)
  })

  it('is read in a row of batches, from an offset on, and a batch that is cut off is left', () => {
    const one = Buffer.from(encode(numbered(3)))
    const two = Buffer.from(encode(numbered(4)))
    setBaseOffset(two, 0, 3)
    for (let cut = 0; cut < one.length; cut++) {
      const bytes = Buffer.concat([one, two, one.subarray(0, cut)])
      const columns = new RecordColumns(2)
      const cursor = new RecordBatchCursor(bytes)
      while (cursor.next()) decodeRecords(cursor, { bytes, start: cursor.recordsStart, end: cursor.end }, columns, 2)
      expect([...columns.offsets.subarray(0, columns.size)]).toEqual([2, 3, 4, 5, 6])
    }
  })

  it('gives all records the broker time when the topic says so', () => {
    const batch = encode(numbered(3))
    batch[batchLayout.attributes + 1]! |= 0x08
    setBatchProducer(batch, 0, batch.length, { producerId: -1, producerEpoch: -1, baseSequence: -1 })
    expect(decode(batch).map(record => record.timestamp)).toEqual([1_002, 1_002, 1_002])
  })
})

describe('damaged bytes', () => {
  it('are noticed by the checksum wherever a bit of the covered part is flipped', () => {
    const batch = encode(numbered(20))
    fc.assert(
      fc.property(fc.integer({ min: batchLayout.crc, max: batch.length - 1 }), fc.nat(7), (at, bit) => {
        const damaged = Buffer.from(batch)
        damaged[at]! ^= 1 << bit
        expect(() => new RecordBatchCursor(damaged).next()).toThrow(
          expect.objectContaining({ code: 'BATCH_CRC_MISMATCH' }),
        )
      }),
    )
  })

  it('never lead out of bounds, into an endless loop or to another error than ours, even with a right checksum', () => {
    fc.assert(
      fc.property(
        arbitraryRecords,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (records, changes) => {
          const bytes = Buffer.from(encode(records))
          for (const [where, byte] of changes) {
            const at = batchLayout.attributes + (where % (bytes.length - batchLayout.attributes))
            bytes[at] = byte
          }
          const cursor = new RecordBatchCursor(bytes, 0, bytes.length, { checkCrc: false })
          const columns = new RecordColumns(1)
          try {
            while (cursor.next()) {
              decodeRecords(cursor, { bytes, start: cursor.recordsStart, end: cursor.end }, columns)
              for (let index = 0; index < columns.size; index++) {
                columns.key(index)
                columns.value(index)
                expect(columns.valueStarts[index]! + Math.max(0, columns.valueLengths[index]!)).toBeLessThan(
                  bytes.length,
                )
                readRecordHeaders(bytes, columns.headerStarts[index]!)
              }
            }
          } catch (error) {
            expect(error).toBeInstanceOf(RecordBatchError)
          }
        },
      ),
      { numRuns: propertyRuns(400) },
    )
  })

  it('of any kind are either read, left as incomplete, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        try {
          const cursor = new RecordBatchCursor(bytes)
          let batches = 0
          while (cursor.next()) expect(++batches).toBeLessThan(10)
        } catch (error) {
          expect(error).toBeInstanceOf(RecordBatchError)
        }
      }),
    )
  })

  it('with a length below the header, or an old message format, are refused by name', () => {
    const batch = encode(numbered(1))
    const short = Buffer.from(batch)
    writeInt32(short, batchLayout.batchLength, 20)
    expect(() => new RecordBatchCursor(short).next()).toThrow(expect.objectContaining({ code: 'BATCH_CORRUPT' }))
    const negative = Buffer.from(batch)
    writeInt32(negative, batchLayout.batchLength, -5)
    expect(() => new RecordBatchCursor(negative).next()).toThrow(expect.objectContaining({ code: 'BATCH_CORRUPT' }))
    const old = Buffer.from(batch)
    old[batchLayout.magic] = 1
    expect(() => new RecordBatchCursor(old).next()).toThrow(
      expect.objectContaining({ code: 'BATCH_MAGIC_UNSUPPORTED' }),
    )
  })
})

interface DecodedRecord {
  readonly timestamp: number
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, Buffer | null])[]
}

function fill(encoder: RecordBatchEncoder, records: readonly SampleRecord[]): void {
  for (const { timestamp, key, value, headers } of records)
    expect(encoder.tryAppend(timestamp, key, value, headers)).toBe(true)
}

function encode(records: readonly SampleRecord[]): Buffer {
  const encoder = new RecordBatchEncoder(1_000_000, 64)
  fill(encoder, records)
  return encoder.finish()
}

function numbered(count: number): SampleRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: 1_000 + index,
    key: `k${index}`,
    value: `value ${index}`,
    headers: [],
  }))
}

function decode(batch: Buffer): DecodedRecord[] {
  const cursor = new RecordBatchCursor(batch)
  expect(cursor.next()).toBe(true)
  const columns = new RecordColumns(1)
  decodeRecords(cursor, { bytes: batch, start: cursor.recordsStart, end: cursor.end }, columns)
  return Array.from({ length: columns.size }, (_, index) => ({
    timestamp: columns.timestamps[index]!,
    offset: columns.offsets[index]!,
    key: copied(columns.key(index)),
    value: copied(columns.value(index)),
    headers: readRecordHeaders(batch, columns.headerStarts[index]!).map(
      ([key, value]) => [key, copied(value)] as const,
    ),
  }))
}

function copied(field: Uint8Array | string | null): Buffer | null {
  return field === null ? null : bytesOf(field)
}

function expected(record: SampleRecord, index: number): object {
  return {
    timestamp: record.timestamp,
    offset: index,
    key: bytesOf(record.key),
    value: bytesOf(record.value),
    headers: record.headers.map(([key, value]) => [key, bytesOf(value)]),
  }
}
