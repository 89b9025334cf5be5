import { batchLayout, crc32c, errorCodes } from '@rtp/kafka-protocol'
import {
  batchBaseSequence,
  batchBytes,
  batchCrc,
  batchLastOffsetDelta,
  batchMagic,
  batchProducerId,
  batchRecordCount,
  HEADER_BYTES,
  isControlBatch,
} from './batch-fields.ts'

/**
 * Checks the record set of one partition of a Produce request as Apache Kafka does, and returns an error code (0: accept).
 *
 * Exactly one batch is allowed (KIP-98), it must be whole, of format v2, unharmed, no control batch, and not above the topic's limit.
 */
export function checkBatch(records: Buffer, maxBatchBytes: number): number {
  if (records.length < HEADER_BYTES) return errorCodes.CORRUPT_MESSAGE
  if (batchMagic(records, 0) !== 2) return errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT
  const bytes = batchBytes(records, 0)
  if (bytes < HEADER_BYTES || bytes > records.length) return errorCodes.CORRUPT_MESSAGE
  if (bytes < records.length) return errorCodes.INVALID_RECORD
  if (bytes > maxBatchBytes) return errorCodes.MESSAGE_TOO_LARGE
  if (!isIntact(records, 0, bytes)) return errorCodes.CORRUPT_MESSAGE
  const count = batchRecordCount(records, 0)
  if (count < 1 || batchLastOffsetDelta(records, 0) !== count - 1) return errorCodes.INVALID_RECORD
  if (isControlBatch(records, 0)) return errorCodes.INVALID_RECORD
  if (batchProducerId(records, 0) >= 0 && batchBaseSequence(records, 0) < 0) return errorCodes.INVALID_RECORD
  return errorCodes.NONE
}

/** Says whether the checksum of a batch that lies wholly in the buffer is right. */
export function isIntact(buffer: Buffer, at: number, bytes: number): boolean {
  return crc32c(buffer, at + batchLayout.attributes, at + bytes) === batchCrc(buffer, at)
}
