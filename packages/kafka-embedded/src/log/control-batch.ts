import { crc32c } from '@rtp/kafka-protocol'
import { crcStart, HEADER_BYTES, LENGTH_PREFIX_BYTES } from './batch-fields.ts'

/** Header, one record with a key of version and type and a value of version and coordinator epoch (KIP-98). */
const CONTROL_BATCH_BYTES = 78
const TRANSACTIONAL_CONTROL = 0x30
const TYPE_AT = HEADER_BYTES + 7
const COMMIT = 1

/** Encodes the marker that ends a transaction on a partition. Its offset is set when it is appended. */
export function controlBatch(producerId: number, producerEpoch: number, isCommit: boolean, timestamp: number): Buffer {
  const batch = Buffer.alloc(CONTROL_BATCH_BYTES)
  batch.writeInt32BE(CONTROL_BATCH_BYTES - LENGTH_PREFIX_BYTES, 8)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(TRANSACTIONAL_CONTROL, 21)
  batch.writeBigInt64BE(BigInt(timestamp), 27)
  batch.writeBigInt64BE(BigInt(timestamp), 35)
  batch.writeBigInt64BE(BigInt(producerId), 43)
  batch.writeInt16BE(producerEpoch, 51)
  batch.writeInt32BE(-1, 53)
  batch.writeInt32BE(1, 57)
  // The record: length 16, attributes, both deltas 0, key of 4 bytes, value of 6 bytes, no headers; lengths are zigzag varints.
  batch.writeUInt8(16 << 1, HEADER_BYTES)
  batch.writeUInt8(4 << 1, HEADER_BYTES + 4)
  batch.writeInt16BE(isCommit ? COMMIT : 0, TYPE_AT)
  batch.writeUInt8(6 << 1, HEADER_BYTES + 9)
  batch.writeUInt32BE(crc32c(batch, crcStart(0), batch.length), 17)
  return batch
}

/** Says whether a control batch that {@link controlBatch} made commits. */
export function isCommitMarker(buffer: Buffer, at: number): boolean {
  return buffer.readInt16BE(at + TYPE_AT) === COMMIT
}
