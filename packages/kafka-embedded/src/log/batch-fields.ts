import {
  BATCH_LENGTH_OVERHEAD,
  batchAttributes,
  batchLayout,
  readInt16,
  readInt32,
  readInt64,
  setBaseOffset,
  writeInt32,
} from '@rtp/kafka-protocol'

/**
 * Fields of a record batch (format v2, KIP-98), read in place: the broker treats everything after the header as opaque bytes.
 * `at` is where the batch begins in the buffer.
 */

export const HEADER_BYTES = batchLayout.records

export const batchBaseOffset = (buffer: Buffer, at: number): number => readInt64(buffer, at + batchLayout.baseOffset)
/** The whole batch in bytes, with what stands before its length. */
export const batchBytes = (buffer: Buffer, at: number): number =>
  readInt32(buffer, at + batchLayout.batchLength) + BATCH_LENGTH_OVERHEAD
export const batchMagic = (buffer: Buffer, at: number): number => buffer[at + batchLayout.magic]!
export const batchCrc = (buffer: Buffer, at: number): number => readInt32(buffer, at + batchLayout.crc) >>> 0
export const isTransactionalBatch = (buffer: Buffer, at: number): boolean =>
  (readInt16(buffer, at + batchLayout.attributes) & batchAttributes.transactional) !== 0
export const isControlBatch = (buffer: Buffer, at: number): boolean =>
  (readInt16(buffer, at + batchLayout.attributes) & batchAttributes.control) !== 0
export const batchLastOffsetDelta = (buffer: Buffer, at: number): number =>
  readInt32(buffer, at + batchLayout.lastOffsetDelta)
export const batchLastOffset = (buffer: Buffer, at: number): number =>
  batchBaseOffset(buffer, at) + batchLastOffsetDelta(buffer, at)
export const batchMaxTimestamp = (buffer: Buffer, at: number): number =>
  readInt64(buffer, at + batchLayout.maxTimestamp)
export const batchProducerId = (buffer: Buffer, at: number): number => readInt64(buffer, at + batchLayout.producerId)
export const batchProducerEpoch = (buffer: Buffer, at: number): number =>
  readInt16(buffer, at + batchLayout.producerEpoch)
export const batchBaseSequence = (buffer: Buffer, at: number): number =>
  readInt32(buffer, at + batchLayout.baseSequence)
export const batchRecordCount = (buffer: Buffer, at: number): number => readInt32(buffer, at + batchLayout.recordCount)

/** Sets what the broker decides: the offset, and its leader epoch (0 in a cluster of one). Neither is under the checksum. */
export function placeBatch(buffer: Buffer, at: number, baseOffset: number): void {
  setBaseOffset(buffer, at, baseOffset)
  writeInt32(buffer, at + batchLayout.partitionLeaderEpoch, 0)
}
