import { varintSize, writeVarint, writeVarlong } from '../varint.ts'
import {
  BATCH_LENGTH_OVERHEAD,
  type BatchProducer,
  batchAttributes,
  batchLayout,
  type CompressionName,
  compressionTypes,
  setBatchProducer,
  writeInt16,
  writeInt32,
  writeInt64,
} from './header.ts'
import { noHeaders, type RecordHeader, recordHeadersBound, writeRecordHeaders } from './record-headers.ts'
import { writeBytes, writeSized, writeText } from './write-field.ts'

/**
 * Writes one value's bytes into `bytes` from `at` on and returns the position behind them, or -1 when there is not enough room (then
 * it is called again with more). It must write nothing but these bytes, and the same each time.
 */
export type FieldWriter<T> = (value: T, bytes: Buffer, at: number) => number

export interface FinishOptions {
  /** Default: no producer (-1), so the broker does not notice repeated batches. */
  readonly producer?: BatchProducer
  readonly transactional?: boolean
  /** The content of `records`, compressed; replaces it. */
  readonly compressed?: { readonly type: CompressionName; readonly bytes: Uint8Array }
}

/**
 * Builds one record batch of format version 2 in one growing Buffer: nothing is allocated per record, and a value may be written straight
 * into it. Used again after `reset`.
 */
export class RecordBatchEncoder {
  readonly maxBytes: number
  #bytes: Buffer
  #end: number = batchLayout.records
  #count = 0
  #baseTimestamp = 0
  #maxTimestamp = 0
  /** Size of the length in front of the last record: the guess for the next, so that a record rarely has to be moved. */
  #lengthSize = 1
  #valueLengthSize = 1

  /** `maxBytes` bounds the whole batch, header included; the Buffer grows up to it from `initialBytes`. */
  constructor(maxBytes: number, initialBytes = 16 * 1024) {
    this.maxBytes = maxBytes
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(initialBytes, 256)))
  }

  /** Records so far. */
  get count(): number {
    return this.#count
  }

  /** Size of the batch so far, uncompressed, header included. */
  get byteLength(): number {
    return this.#end
  }

  /** Bytes of memory that the encoder holds. */
  get capacity(): number {
    return this.#bytes.length
  }

  get baseTimestamp(): number {
    return this.#baseTimestamp
  }

  /**
   * Appends a record; false, with nothing changed, when it does not fit into `maxBytes`. `timestamp` is in epoch milliseconds, any safe
   * integer; one that is more than 2^53 ms from the batch's first record belongs into another batch and gives false too.
   */
  tryAppend(
    timestamp: number,
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    headers: readonly RecordHeader[] = noHeaders,
  ): boolean {
    if (value === null) return this.#append(timestamp, key, null, undefined, headers)
    if (typeof value === 'string') return this.#append(timestamp, key, value, writeText, headers)
    return this.#append(timestamp, key, value, writeBytes, headers)
  }

  /** Like `tryAppend`, with a value that `write` puts straight into the batch. */
  tryAppendWith<T>(
    timestamp: number,
    key: Uint8Array | string | null,
    value: T,
    write: FieldWriter<T>,
    headers: readonly RecordHeader[] = noHeaders,
  ): boolean {
    return this.#append(timestamp, key, value, write, headers)
  }

  /** The records without the header: what is to be compressed. A view, valid until the next append. */
  records(): Buffer {
    return this.#bytes.subarray(batchLayout.records, this.#end)
  }

  /**
   * Completes the header and returns the batch: a view, valid until `reset`. May be called again, e.g. with another producer. Throws
   * RangeError when there is no record: brokers refuse empty batches.
   */
  finish(options: FinishOptions = {}): Buffer {
    if (this.#count === 0) throw new RangeError('a batch without records cannot be finished')
    const { producer, compressed } = options
    let attributes = options.transactional ? batchAttributes.transactional : 0
    let end = this.#end
    let bytes = this.#bytes
    if (compressed) {
      attributes |= compressionTypes[compressed.type]
      end = batchLayout.records + compressed.bytes.length
      bytes = Buffer.allocUnsafeSlow(end)
      bytes.set(compressed.bytes, batchLayout.records)
    }
    writeInt64(bytes, batchLayout.baseOffset, 0)
    writeInt32(bytes, batchLayout.batchLength, end - BATCH_LENGTH_OVERHEAD)
    writeInt32(bytes, batchLayout.partitionLeaderEpoch, -1)
    bytes[batchLayout.magic] = 2
    writeInt16(bytes, batchLayout.attributes, attributes)
    writeInt32(bytes, batchLayout.lastOffsetDelta, this.#count - 1)
    writeInt64(bytes, batchLayout.baseTimestamp, this.#baseTimestamp)
    writeInt64(bytes, batchLayout.maxTimestamp, this.#maxTimestamp)
    writeInt32(bytes, batchLayout.recordCount, this.#count)
    setBatchProducer(bytes, 0, end, producer ?? NO_PRODUCER)
    return bytes.subarray(0, end)
  }

  /** Empties the encoder; the Buffer stays for the next batch. */
  reset(): void {
    this.#end = batchLayout.records
    this.#count = 0
  }

  #append<T>(
    timestamp: number,
    key: Uint8Array | string | null,
    value: T,
    write: FieldWriter<T> | undefined,
    headers: readonly RecordHeader[],
  ): boolean {
    if (!Number.isSafeInteger(timestamp))
      throw new RangeError(`a record's timestamp must be an integer, got ${timestamp}`)
    if (this.#count > 0 && !Number.isSafeInteger(timestamp - this.#baseTimestamp)) return false
    for (;;) {
      const end = this.#write(timestamp, key, value, write, headers)
      if (end >= 0) {
        if (this.#count === 0) {
          this.#baseTimestamp = timestamp
          this.#maxTimestamp = timestamp
        } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
        this.#end = end
        this.#count++
        return true
      }
      if (!this.#grow()) return false
    }
  }

  /**
   * Writes one record behind the others:
   *
   *     length: varint, attributes: int8, timestampDelta: varlong, offsetDelta: varint,
   *     keyLength: varint, key, valueLength: varint, value, headerCount: varint, headers
   *
   * The lengths come first but are known last, so their sizes are guessed and the bytes moved where a guess was wrong.
   */
  #write<T>(
    timestamp: number,
    key: Uint8Array | string | null,
    value: T,
    write: FieldWriter<T> | undefined,
    headers: readonly RecordHeader[],
  ): number {
    const bytes = this.#bytes
    const start = this.#end
    const lengthSize = this.#lengthSize
    const keyBound = key === null ? 0 : typeof key === 'string' ? key.length * 3 : key.length
    if (start + MAX_FIXED_BYTES + keyBound > bytes.length) return -1
    let at = start + lengthSize
    bytes[at++] = 0
    at = writeVarlong(bytes, at, this.#count === 0 ? 0 : timestamp - this.#baseTimestamp)
    at = writeVarint(bytes, at, this.#count)
    at = writeSized(bytes, at, key)
    if (write === undefined) at = writeVarint(bytes, at, -1)
    else {
      const guessed = this.#valueLengthSize
      let end = write(value, bytes, at + guessed)
      if (end < 0) return -1
      const length = end - at - guessed
      const needed = varintSize(length)
      if (needed !== guessed) {
        if (end + needed - guessed > bytes.length) return -1
        bytes.copyWithin(at + needed, at + guessed, end)
        end += needed - guessed
        this.#valueLengthSize = needed
      }
      writeVarint(bytes, at, length)
      at = end
    }
    // The room of one more length is kept free, for the correction below.
    if (headers.length === 0) {
      if (at + 6 > bytes.length) return -1
      bytes[at++] = 0
    } else {
      if (at + 5 + recordHeadersBound(headers) > bytes.length) return -1
      at = writeRecordHeaders(bytes, at, headers)
    }
    const length = at - start - lengthSize
    const needed = varintSize(length)
    if (needed !== lengthSize) {
      bytes.copyWithin(start + needed, start + lengthSize, at)
      at += needed - lengthSize
      this.#lengthSize = needed
    }
    writeVarint(bytes, start, length)
    return at
  }

  #grow(): boolean {
    if (this.#bytes.length >= this.maxBytes) return false
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#bytes.length * 2, this.maxBytes))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
    return true
  }
}

const NO_PRODUCER: BatchProducer = { producerId: -1, producerEpoch: -1, baseSequence: -1 }

/** Length, attributes, timestamp delta, offset delta, key length, value length: the most that they take together. */
const MAX_FIXED_BYTES = 5 + 1 + 10 + 5 + 5 + 5
