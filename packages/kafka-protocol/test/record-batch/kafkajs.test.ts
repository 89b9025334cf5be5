import { createRequire } from 'node:module'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import {
  type CompressionName,
  compressionTypes,
  decodeRecords,
  RecordBatchCursor,
  RecordBatchEncoder,
  RecordColumns,
  readRecordHeaders,
} from '../../src/index.ts'
import { arbitraryRecords, bytesOf, type SampleRecord } from './arbitrary-records.ts'

const require = createRequire(import.meta.url)
const kafkajsDecode: (
  decoder: unknown,
) => Promise<KafkajsBatch> = require('kafkajs/src/protocol/recordBatch/v0/decoder')
const kafkajsRecord: (record: object) => unknown = require('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch: kafkajsBatch }: { RecordBatch: (batch: object) => Promise<{ buffer: Buffer }> } =
  require('kafkajs/src/protocol/recordBatch/v0')
const Decoder: new (bytes: Buffer) => unknown = require('kafkajs/src/protocol/decoder')
const Long: { fromValue(value: number): unknown } = require('kafkajs/src/utils/long')

interface KafkajsBatch {
  readonly records: readonly {
    readonly timestamp: string
    readonly offset: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>
  }[]
}

// kafkajs keeps headers as an object, so one header a key, and no key that every object has (it takes valueOf for a header that came before).
const simpleHeaders = arbitraryRecords.map(records =>
  records.map(record => ({
    ...record,
    headers: [...new Map(record.headers.filter(([key]) => !(key in {}))).entries()],
  })),
)

describe.each(['none', 'gzip'] as const)('with kafkajs and compression %s', compression => {
  it('its decoder reads what our encoder wrote', async () => {
    await fc.assert(
      fc.asyncProperty(simpleHeaders, async records => {
        const { records: read } = await kafkajsDecode(new Decoder(encode(records, compression)))
        expect(
          read.map(record => ({
            ...record,
            key: record.key,
            headers: Object.entries(record.headers).sort(byKey),
          })),
        ).toMatchObject(
          records.map((record, index) => ({
            timestamp: String(record.timestamp),
            offset: String(index),
            key: bytesOf(record.key),
            value: bytesOf(record.value),
            headers: record.headers.map(([key, value]) => [key, bytesOf(value)] as const).sort(byKey),
          })),
        )
      }),
      { numRuns: propertyRuns(60) },
    )
  })

  it('our decoder reads what its encoder wrote', async () => {
    await fc.assert(
      fc.asyncProperty(simpleHeaders, async sample => {
        // kafkajs fails on a null header value.
        const records = sample.map(record => ({
          ...record,
          headers: record.headers.filter(header => header[1] !== null),
        }))
        const { timestamp: first } = records[0]!
        const { buffer } = await kafkajsBatch({
          compression: compressionTypes[compression],
          firstTimestamp: first,
          maxTimestamp: Math.max(...records.map(record => record.timestamp)),
          lastOffsetDelta: records.length - 1,
          records: records.map((record, offsetDelta) =>
            kafkajsRecord({
              offsetDelta,
              timestampDelta: Long.fromValue(record.timestamp - first),
              key: bytesOf(record.key),
              value: bytesOf(record.value),
              headers: Object.fromEntries(record.headers.map(([key, value]) => [key, bytesOf(value)])),
            }),
          ),
        })
        const cursor = new RecordBatchCursor(buffer)
        expect(cursor.next()).toBe(true)
        const columns = new RecordColumns(1)
        const content =
          compression === 'none'
            ? { bytes: buffer, start: cursor.recordsStart, end: cursor.end }
            : whole(gunzipSync(buffer.subarray(cursor.recordsStart, cursor.end)))
        decodeRecords(cursor, content, columns)
        expect(columns.size).toBe(records.length)
        for (const [index, record] of records.entries()) {
          expect(columns.offsets[index]).toBe(index)
          expect(columns.timestamps[index]).toBe(record.timestamp)
          expect(columns.key(index)).toEqual(bytesOf(record.key))
          expect(columns.value(index)).toEqual(bytesOf(record.value))
          expect(readRecordHeaders(content.bytes, columns.headerStarts[index]!).sort(byKey)).toEqual(
            record.headers.map(([key, value]) => [key, bytesOf(value)] as const).sort(byKey),
          )
        }
      }),
      { numRuns: propertyRuns(60) },
    )
  })
})

function encode(records: readonly SampleRecord[], compression: CompressionName): Buffer {
  const encoder = new RecordBatchEncoder(1_000_000)
  for (const { timestamp, key, value, headers } of records) encoder.tryAppend(timestamp, key, value, headers)
  return compression === 'none'
    ? encoder.finish()
    : encoder.finish({ compressed: { type: compression, bytes: gzipSync(encoder.records()) } })
}

function whole(bytes: Buffer): { bytes: Buffer; start: number; end: number } {
  return { bytes, start: 0, end: bytes.length }
}

function byKey(one: readonly [string, unknown], other: readonly [string, unknown]): number {
  return one[0] < other[0] ? -1 : 1
}
