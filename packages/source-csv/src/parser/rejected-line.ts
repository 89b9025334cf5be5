import type { RowReason } from './bad-row.ts'
import { behindLineEnd, findLineEnd } from './line-end.ts'

/** A bad line on its way to its end, which may be many blocks away: keeps its beginning and counts the rest. */
export class RejectedLine {
  readonly reason: RowReason
  /** The line's first bytes, at most `maxBytes`. */
  bytes: Uint8Array = new Uint8Array(0)
  /** Bytes of the line seen so far, its line end included once it was seen. */
  length = 0
  /** True when a line end belongs to the line. */
  hasLineEnd = false
  isComplete = false
  readonly #maxBytes: number

  constructor(reason: RowReason, maxBytes: number) {
    this.reason = reason
    this.#maxBytes = maxBytes
  }

  /** Takes what `[start, end)` has of the line, and returns where it stopped. */
  take(bytes: Uint8Array, start: number, end: number, isLast: boolean): number {
    const lineEnd = findLineEnd(bytes, start, end)
    const missing = this.#maxBytes - this.bytes.length
    if (missing > 0 && lineEnd > start) {
      this.bytes = joined(this.bytes, bytes.subarray(start, Math.min(lineEnd, start + missing)))
    }
    const next = lineEnd < end ? behindLineEnd(bytes, lineEnd, end, isLast) : -1
    this.hasLineEnd = next >= 0
    this.isComplete = this.hasLineEnd || (isLast && lineEnd === end)
    const stop = this.hasLineEnd ? next : lineEnd
    this.length += stop - start
    return stop
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
