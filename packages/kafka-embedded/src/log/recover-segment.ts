import { batchBaseOffset, batchBytes, batchMagic, HEADER_BYTES } from './batch-fields.ts'
import { isIntact } from './check-batch.ts'
import type { Segment } from './segment.ts'

const FIRST_BUFFER_BYTES = 4 * 1024 * 1024
/** No batch is larger than a request may be. */
const MAX_BATCH_BYTES = 100 * 1024 * 1024

/**
 * Reads a segment from the start, tells `onBatch` every batch, and cuts the file at the first one whose length, offset or checksum is
 * wrong: what a crash in the middle of a write leaves behind. Returns whether the segment was whole.
 */
export function recoverSegment(segment: Segment, onBatch: (buffer: Buffer, at: number) => void): boolean {
  let buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES)
  for (;;) {
    const filled = segment.read(buffer, segment.bytes)
    if (filled === 0) return true
    let at = 0
    let needed: number = HEADER_BYTES
    while (at + HEADER_BYTES <= filled) {
      const bytes = plausibleBytes(buffer, at, segment.nextOffset)
      if (bytes === undefined) return cut(segment)
      if (at + bytes > filled) {
        needed = bytes
        break
      }
      if (!isIntact(buffer, at, bytes)) return cut(segment)
      segment.track(buffer, at)
      onBatch(buffer, at)
      at += bytes
    }
    const isEndOfFile = filled < buffer.length
    if (isEndOfFile && at < filled) return cut(segment)
    if (isEndOfFile) return true
    if (needed > buffer.length) buffer = Buffer.allocUnsafe(needed)
  }
}

/** The size of the batch whose header begins here, or undefined when this is no batch with the expected offset. */
function plausibleBytes(buffer: Buffer, at: number, expectedOffset: number): number | undefined {
  const bytes = batchBytes(buffer, at)
  const isPlausible =
    bytes >= HEADER_BYTES &&
    bytes <= MAX_BATCH_BYTES &&
    batchMagic(buffer, at) === 2 &&
    batchBaseOffset(buffer, at) === expectedOffset
  return isPlausible ? bytes : undefined
}

function cut(segment: Segment): false {
  segment.cutAt(segment.bytes)
  return false
}
