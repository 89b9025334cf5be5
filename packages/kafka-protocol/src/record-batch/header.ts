import { crc32c } from '../crc32c.ts'

/**
 * Where the fields of a record batch lie, as the message format defines them (https://kafka.apache.org/documentation/#recordbatch):
 *
 *     baseOffset: int64                 lastOffsetDelta: int32
 *     batchLength: int32                baseTimestamp: int64
 *     partitionLeaderEpoch: int32       maxTimestamp: int64
 *     magic: int8 (2)                   producerId: int64
 *     crc: uint32                       producerEpoch: int16
 *     attributes: int16                 baseSequence: int32
 *                                       recordCount: int32, records
 *
 * batchLength counts the bytes behind itself; the crc covers everything from `attributes` to the end. Attributes: bits 0-2 compression,
 * bit 3 timestamp type (1 = log append time), bit 4 transactional, bit 5 control batch.
 */
export const batchLayout = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const

/** Bytes in front of what `batchLength` counts. */
export const BATCH_LENGTH_OVERHEAD = 12

export const batchAttributes = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const

/** Numbers of the compression types in a batch's attributes. */
export const compressionTypes = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

export type CompressionName = keyof typeof compressionTypes

/** Name of a compression type; undefined for one that is not defined. */
export function compressionName(type: number): CompressionName | undefined {
  return COMPRESSION_NAMES[type]
}

const COMPRESSION_NAMES: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Reads an int64 as the nearest number; exact up to 2^53, which no offset and no time in use exceeds. */
export function readInt64(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  return high * 0x1_0000_0000 + (readInt32(bytes, at + 4) >>> 0)
}

/** Writes a safe integer as an int64. */
export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  writeInt32(bytes, at, Math.floor(value / 0x1_0000_0000))
  writeInt32(bytes, at + 4, value >>> 0)
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function readInt16(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!
}

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

/** Gives a finished batch the place of its first record in the log; the checksum does not cover it. */
export function setBaseOffset(bytes: Uint8Array, start: number, offset: number): void {
  writeInt64(bytes, start + batchLayout.baseOffset, offset)
}

/** Who sends a batch and the number of its first record: what lets a broker drop a repeated one (KIP-98). */
export interface BatchProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

/** Replaces the producer fields of the batch in `bytes[start, end)` and its checksum. */
export function setBatchProducer(bytes: Uint8Array, start: number, end: number, producer: BatchProducer): void {
  writeInt64(bytes, start + batchLayout.producerId, producer.producerId)
  writeInt16(bytes, start + batchLayout.producerEpoch, producer.producerEpoch)
  writeInt32(bytes, start + batchLayout.baseSequence, producer.baseSequence)
  writeInt32(bytes, start + batchLayout.crc, crc32c(bytes, start + batchLayout.attributes, end))
}
