import { batchBytes, HEADER_BYTES } from './batch-fields.ts'
import type { Segment } from './segment.ts'

const WINDOW_BYTES = 64 * 1024

/** Steps through the headers of a segment's batches, reading 64 KiB at a time and no body that need not be read. */
export class BatchWalker {
  /** Holds the header of the current batch at {@link at}. */
  readonly buffer = Buffer.allocUnsafe(WINDOW_BYTES)
  at = 0
  /** Where the current batch begins in the segment. */
  position = 0
  readonly #segment: Segment
  #nextPosition: number
  #windowStart = 0
  #windowBytes = 0

  constructor(segment: Segment, position: number) {
    this.#segment = segment
    this.#nextPosition = position
  }

  /** Goes to the next batch; false at the end of the segment. */
  next(): boolean {
    if (this.#nextPosition >= this.#segment.bytes) return false
    this.position = this.#nextPosition
    this.at = this.position - this.#windowStart
    if (this.at + HEADER_BYTES > this.#windowBytes) {
      this.#windowStart = this.position
      this.#windowBytes = this.#segment.read(this.buffer, this.position)
      this.at = 0
    }
    this.#nextPosition = this.position + batchBytes(this.buffer, this.at)
    return true
  }
}
