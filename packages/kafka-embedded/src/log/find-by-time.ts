import { gunzipSync } from 'node:zlib'
import {
  batchBaseOffset,
  batchBytes,
  batchCompression,
  batchFirstTimestamp,
  batchLastOffset,
  batchMaxTimestamp,
  batchRecordCount,
  HEADER_BYTES,
} from './batch-fields.ts'
import { BatchWalker } from './batch-walker.ts'
import type { Segment } from './segment.ts'

const GZIP = 1

export interface TimedOffset {
  readonly offset: number
  readonly timestamp: number
}

/**
 * Finds the first record of a segment at or after an offset whose timestamp is at or after the one asked for.
 *
 * Exact for plain and gzip batches. For the compressions that Node 20 cannot undo it is the batch's first offset with the batch's
 * greatest timestamp: never later than the exact answer.
 */
export function findByTime(segment: Segment, timestamp: number, fromOffset: number): TimedOffset | undefined {
  if (segment.maxTimestamp < timestamp) return undefined
  const position = Math.max(segment.index.positionBeforeTime(timestamp), segment.index.positionBefore(fromOffset))
  const walker = new BatchWalker(segment, position)
  while (walker.next()) {
    const { buffer, at } = walker
    if (batchMaxTimestamp(buffer, at) < timestamp || batchLastOffset(buffer, at) < fromOffset) continue
    const batch = Buffer.allocUnsafe(batchBytes(buffer, at))
    segment.read(batch, walker.position)
    const found = findInBatch(batch, timestamp, fromOffset)
    if (found !== undefined) return found
  }
  return undefined
}

function findInBatch(batch: Buffer, timestamp: number, fromOffset: number): TimedOffset | undefined {
  const baseOffset = batchBaseOffset(batch, 0)
  const compression = batchCompression(batch, 0)
  if (compression > GZIP) {
    return { offset: Math.max(baseOffset, fromOffset), timestamp: batchMaxTimestamp(batch, 0) }
  }
  const body = batch.subarray(HEADER_BYTES)
  const records = new VarintCursor(compression === GZIP ? gunzipSync(body) : body)
  const firstTimestamp = batchFirstTimestamp(batch, 0)
  for (let count = batchRecordCount(batch, 0); count > 0; count--) {
    const length = records.next()
    const end = records.at + length
    records.at += 1
    const recordTimestamp = firstTimestamp + records.next()
    const offset = baseOffset + records.next()
    if (recordTimestamp >= timestamp && offset >= fromOffset) return { offset, timestamp: recordTimestamp }
    records.at = end
  }
  return undefined
}

/** Reads zigzag varints of up to 53 bits. */
class VarintCursor {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  next(): number {
    let value = 0
    let factor = 1
    let byte = 0x80
    while (byte & 0x80) {
      byte = this.#bytes[this.at++] ?? 0
      value += (byte & 0x7f) * factor
      factor *= 0x80
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
