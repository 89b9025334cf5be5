import { batchBaseOffset, batchBytes, batchLastOffset, HEADER_BYTES } from './batch-fields.ts'
import type { Segment } from './segment.ts'

/** The farthest that a batch can lie behind the index entry that leads to it. */
const INDEX_SLACK_BYTES = 16 * 1024

export interface ReadBounds {
  readonly offset: number
  /** Batches that begin at or after this offset are left out. */
  readonly limitOffset: number
  readonly maxBytes: number
  /** Return the first batch even when it alone is larger than `maxBytes` (KIP-74), so that a consumer cannot get stuck. */
  readonly allowOversized: boolean
}

export interface BatchRange {
  /** Whole batches only; a view on memory that the caller's allocator owns. */
  readonly bytes: Buffer
  readonly nextOffset: number
}

/** Reads as many whole batches as fit, from the batch on that holds the offset, with one read of the file. */
export function readBatches(segment: Segment, bounds: ReadBounds, allocate: (bytes: number) => Buffer): BatchRange {
  const start = segment.index.positionBefore(bounds.offset)
  const wanted = Math.max(bounds.maxBytes, HEADER_BYTES) + INDEX_SLACK_BYTES
  const buffer = allocate(Math.min(segment.bytes - start, wanted))
  const filled = segment.read(buffer, start)
  let nextOffset = bounds.offset
  let begin = 0
  let end = 0
  while (end + HEADER_BYTES <= filled) {
    const bytes = batchBytes(buffer, end)
    const lastOffset = batchLastOffset(buffer, end)
    if (lastOffset < bounds.offset) {
      begin = end += bytes
      continue
    }
    if (batchBaseOffset(buffer, end) >= bounds.limitOffset) break
    const fits = end + bytes - begin <= bounds.maxBytes && end + bytes <= filled
    if (!fits) {
      if (end > begin || !bounds.allowOversized) break
      const whole = allocate(bytes)
      return { bytes: whole.subarray(0, segment.read(whole, start + begin)), nextOffset: lastOffset + 1 }
    }
    end += bytes
    nextOffset = lastOffset + 1
  }
  return { bytes: buffer.subarray(begin, Math.max(begin, end)), nextOffset }
}
