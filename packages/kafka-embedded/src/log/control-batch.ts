import {
  BATCH_LENGTH_OVERHEAD,
  batchAttributes,
  batchLayout,
  setBatchProducer,
  writeInt16,
  writeInt32,
  writeInt64,
} from '@rtp/kafka-protocol'

/** Header, one record with a key of version and type and a value of version and coordinator epoch (KIP-98). */
const CONTROL_BATCH_BYTES = 78
const TYPE_AT = batchLayout.records + 7
const COMMIT = 1

/** Encodes the marker that ends a transaction on a partition. Its offset is set when it is appended. */
export function controlBatch(producerId: number, producerEpoch: number, isCommit: boolean, timestamp: number): Buffer {
  const batch = Buffer.alloc(CONTROL_BATCH_BYTES)
  writeInt32(batch, batchLayout.batchLength, CONTROL_BATCH_BYTES - BATCH_LENGTH_OVERHEAD)
  batch[batchLayout.magic] = 2
  writeInt16(batch, batchLayout.attributes, batchAttributes.transactional | batchAttributes.control)
  writeInt64(batch, batchLayout.baseTimestamp, timestamp)
  writeInt64(batch, batchLayout.maxTimestamp, timestamp)
  writeInt32(batch, batchLayout.recordCount, 1)
  // The record: length 16, attributes, both deltas 0, key of 4 bytes, value of 6 bytes, no headers; lengths are zigzag varints.
  batch[batchLayout.records] = 16 << 1
  batch[batchLayout.records + 4] = 4 << 1
  writeInt16(batch, TYPE_AT, isCommit ? COMMIT : 0)
  batch[batchLayout.records + 9] = 6 << 1
  setBatchProducer(batch, 0, batch.length, { producerId, producerEpoch, baseSequence: -1 })
  return batch
}

/** Says whether a control batch that {@link controlBatch} made commits. */
export function isCommitMarker(buffer: Buffer, at: number): boolean {
  return buffer.readInt16BE(at + TYPE_AT) === COMMIT
}
