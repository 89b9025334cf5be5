/**
 * Fields of a record batch (format v2, KIP-98), read in place: the broker treats everything after the header as opaque bytes.
 * `at` is where the batch begins in the buffer.
 */

/** Base offset and length: what stands before the part that the batch's length counts. */
export const LENGTH_PREFIX_BYTES = 12
export const HEADER_BYTES = 61
const TWO_POW_32 = 0x1_0000_0000
const TRANSACTIONAL_BIT = 0x10
const CONTROL_BIT = 0x20

export const batchBaseOffset = (buffer: Buffer, at: number): number => readInt64(buffer, at)
/** The whole batch in bytes, prefix included. */
export const batchBytes = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 8) + LENGTH_PREFIX_BYTES
export const batchMagic = (buffer: Buffer, at: number): number => buffer.readInt8(at + 16)
export const batchCrc = (buffer: Buffer, at: number): number => buffer.readUInt32BE(at + 17)
/** Where the bytes begin that the checksum covers: they end with the batch. */
export const crcStart = (at: number): number => at + 21
/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export const batchCompression = (buffer: Buffer, at: number): number => buffer.readInt16BE(at + 21) & 7
export const isTransactionalBatch = (buffer: Buffer, at: number): boolean =>
  (buffer.readInt16BE(at + 21) & TRANSACTIONAL_BIT) !== 0
export const isControlBatch = (buffer: Buffer, at: number): boolean => (buffer.readInt16BE(at + 21) & CONTROL_BIT) !== 0
export const batchLastOffsetDelta = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 23)
export const batchLastOffset = (buffer: Buffer, at: number): number =>
  batchBaseOffset(buffer, at) + batchLastOffsetDelta(buffer, at)
export const batchFirstTimestamp = (buffer: Buffer, at: number): number => readInt64(buffer, at + 27)
export const batchMaxTimestamp = (buffer: Buffer, at: number): number => readInt64(buffer, at + 35)
export const batchProducerId = (buffer: Buffer, at: number): number => readInt64(buffer, at + 43)
export const batchProducerEpoch = (buffer: Buffer, at: number): number => buffer.readInt16BE(at + 51)
export const batchBaseSequence = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 53)
export const batchRecordCount = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 57)

/** Sets what the broker decides: the offset, and its leader epoch (0 in a cluster of one). Neither is under the checksum. */
export function placeBatch(buffer: Buffer, at: number, baseOffset: number): void {
  buffer.writeInt32BE(Math.floor(baseOffset / TWO_POW_32), at)
  buffer.writeUInt32BE(baseOffset % TWO_POW_32, at + 4)
  buffer.writeInt32BE(0, at + LENGTH_PREFIX_BYTES)
}

/** Offsets, times and producer ids stay below 2^53 in any log that can exist, so a number holds them. */
function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_POW_32 + buffer.readUInt32BE(at + 4)
}
