import { gunzipSync } from 'node:zlib'
import {
  compressionTypes,
  decodeRecords,
  RecordBatchCursor,
  type RecordBytes,
  RecordColumns,
} from '@rtp/kafka-protocol'
import { batchBaseOffset, batchBytes, batchLastOffset, batchMaxTimestamp } from './batch-fields.ts'
import { BatchWalker } from './batch-walker.ts'
import type { Segment } from './segment.ts'

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
  const cursor = new RecordBatchCursor(batch, 0, batch.length, { checkCrc: false })
  const columns = new RecordColumns(0)
  try {
    cursor.next()
    const content = recordsOf(batch, cursor)
    if (content === undefined) return wholeBatch(batch, fromOffset)
    decodeRecords(cursor, content, columns, fromOffset)
  } catch {
    // Its checksum was right when it was produced: the producer wrote records that nobody can read.
    return wholeBatch(batch, fromOffset)
  }
  for (let index = 0; index < columns.size; index++) {
    const found = columns.timestamps[index]!
    if (found >= timestamp) return { offset: columns.offsets[index]!, timestamp: found }
  }
  return undefined
}

function recordsOf(batch: Buffer, { compression, recordsStart }: RecordBatchCursor): RecordBytes | undefined {
  if (compression === compressionTypes.none) return { bytes: batch, start: recordsStart, end: batch.length }
  if (compression !== compressionTypes.gzip) return undefined
  const bytes = gunzipSync(batch.subarray(recordsStart))
  return { bytes, start: 0, end: bytes.length }
}

function wholeBatch(batch: Buffer, fromOffset: number): TimedOffset {
  return { offset: Math.max(batchBaseOffset(batch, 0), fromOffset), timestamp: batchMaxTimestamp(batch, 0) }
}
