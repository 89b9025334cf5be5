import { crc32c } from '../crc32c.ts'
import { BATCH_LENGTH_OVERHEAD, batchAttributes, batchLayout, readInt16, readInt32, readInt64 } from './header.ts'
import { RecordBatchError } from './record-batch-error.ts'

/** An uncompressed record takes 7 bytes at least, so a greater count than that is damage. */
const SMALLEST_RECORD_BYTES = 7

/**
 * Walks the record batches in `bytes[start, end)`, one `next` each, with the current one's header in its fields. A batch that is cut off
 * at the end, as brokers send it, ends the walk.
 */
export class RecordBatchCursor {
  readonly bytes: Uint8Array
  /** Position of the current batch. */
  start: number
  /** Position behind it; before the first `next`, the start. */
  end: number
  baseOffset = 0
  /** Offset of the batch's last record; compaction may have taken the record itself away. */
  lastOffset = -1
  attributes = 0
  baseTimestamp = 0
  maxTimestamp = 0
  producerId = -1
  producerEpoch = -1
  baseSequence = -1
  recordCount = 0
  readonly #limit: number
  readonly #checkCrc: boolean

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, options: { readonly checkCrc?: boolean } = {}) {
    if (!(start >= 0 && start <= end && end <= bytes.length))
      throw new RangeError(`batches in bytes ${start} to ${end}, but there are ${bytes.length}`)
    this.bytes = bytes
    this.start = start
    this.end = start
    this.#limit = end
    this.#checkCrc = options.checkCrc ?? true
  }

  /**
   * Goes to the next complete batch; false when there is none. Throws RecordBatchError: BATCH_MAGIC_UNSUPPORTED for the message formats
   * before Kafka 0.11, BATCH_CRC_MISMATCH, BATCH_CORRUPT for lengths that cannot be.
   */
  next(): boolean {
    const { bytes } = this
    const start = this.end
    const left = this.#limit - start
    if (left < BATCH_LENGTH_OVERHEAD) return false
    const length = readInt32(bytes, start + batchLayout.batchLength)
    if (length <= batchLayout.magic - BATCH_LENGTH_OVERHEAD)
      throw new RecordBatchError('BATCH_CORRUPT', `the batch at byte ${start} announces a length of ${length}`)
    if (left <= batchLayout.magic) return false
    const magic = bytes[start + batchLayout.magic]!
    if (magic !== 2)
      throw new RecordBatchError(
        'BATCH_MAGIC_UNSUPPORTED',
        `the batch at byte ${start} has message format ${magic}, only 2 (Kafka 0.11 and later) can be read`,
      )
    if (length < batchLayout.records - BATCH_LENGTH_OVERHEAD)
      throw new RecordBatchError('BATCH_CORRUPT', `the batch at byte ${start} announces a length of ${length}`)
    if (length > left - BATCH_LENGTH_OVERHEAD) return false
    this.start = start
    this.end = start + BATCH_LENGTH_OVERHEAD + length
    if (this.#checkCrc) {
      const stored = readInt32(bytes, start + batchLayout.crc) >>> 0
      const found = crc32c(bytes, start + batchLayout.attributes, this.end)
      if (stored !== found)
        throw new RecordBatchError(
          'BATCH_CRC_MISMATCH',
          `the batch at byte ${start} (base offset ${readInt64(bytes, start)}) has checksum ${found}, its header says ${stored}`,
        )
    }
    this.#readHeader(start)
    return true
  }

  get recordsStart(): number {
    return this.start + batchLayout.records
  }

  /** Number of the compression type, 0 for none. */
  get compression(): number {
    return this.attributes & batchAttributes.compression
  }

  get isTransactional(): boolean {
    return (this.attributes & batchAttributes.transactional) !== 0
  }

  /** A control batch holds a transaction's end marker and no records of a user. */
  get isControl(): boolean {
    return (this.attributes & batchAttributes.control) !== 0
  }

  /** True when the broker replaced the records' timestamps by its own, `maxTimestamp`. */
  get isLogAppendTime(): boolean {
    return (this.attributes & batchAttributes.logAppendTime) !== 0
  }

  #readHeader(start: number): void {
    const { bytes } = this
    const delta = readInt32(bytes, start + batchLayout.lastOffsetDelta)
    this.baseOffset = readInt64(bytes, start + batchLayout.baseOffset)
    this.lastOffset = this.baseOffset + delta
    this.attributes = readInt16(bytes, start + batchLayout.attributes)
    this.baseTimestamp = readInt64(bytes, start + batchLayout.baseTimestamp)
    this.maxTimestamp = readInt64(bytes, start + batchLayout.maxTimestamp)
    this.producerId = readInt64(bytes, start + batchLayout.producerId)
    this.producerEpoch = readInt16(bytes, start + batchLayout.producerEpoch)
    this.baseSequence = readInt32(bytes, start + batchLayout.baseSequence)
    this.recordCount = readInt32(bytes, start + batchLayout.recordCount)
    if (delta < 0 || this.baseOffset < 0 || this.recordCount < 0)
      throw new RecordBatchError('BATCH_CORRUPT', `the batch at byte ${start} has negative offsets or counts`)
    const room = this.end - start - batchLayout.records
    if (this.compression === 0 && this.recordCount * SMALLEST_RECORD_BYTES > room)
      throw new RecordBatchError(
        'BATCH_CORRUPT',
        `the batch at byte ${start} announces ${this.recordCount} records in ${room} bytes`,
      )
  }
}
