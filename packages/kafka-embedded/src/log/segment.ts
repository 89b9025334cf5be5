import { closeSync, fdatasyncSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { batchBaseOffset, batchBytes, batchLastOffset, batchMaxTimestamp } from './batch-fields.ts'
import { SparseIndex } from './sparse-index.ts'

const NAME_DIGITS = 20
const SUFFIX = '.log'

/** One file of a partition's log: batches one after the other, as they travel. */
export class Segment {
  readonly baseOffset: number
  /** Bytes of all segments before this one since the partition was opened. */
  readonly basePosition: number
  readonly path: string
  readonly index = new SparseIndex()
  /** The offset after the last batch. */
  nextOffset: number
  bytes = 0
  maxTimestamp = Number.NEGATIVE_INFINITY
  readonly #fd: number

  constructor(directory: string, baseOffset: number, basePosition: number) {
    this.baseOffset = baseOffset
    this.basePosition = basePosition
    this.nextOffset = baseOffset
    this.path = join(directory, segmentName(baseOffset))
    this.#fd = openSync(this.path, 'a+')
  }

  /** Writes one batch, whole or not at all. */
  append(buffer: Buffer, at: number, length: number): void {
    try {
      for (let written = 0; written < length; ) {
        written += writeSync(this.#fd, buffer, at + written, length - written)
      }
    } catch (error) {
      ftruncateSync(this.#fd, this.bytes)
      throw error
    }
    this.track(buffer, at)
  }

  /** Takes a batch into account that lies in the file at the end of what is known. */
  track(buffer: Buffer, at: number): void {
    this.index.batchAt(batchBaseOffset(buffer, at), this.bytes, this.maxTimestamp)
    this.bytes += batchBytes(buffer, at)
    this.nextOffset = batchLastOffset(buffer, at) + 1
    this.maxTimestamp = Math.max(this.maxTimestamp, batchMaxTimestamp(buffer, at))
  }

  /** Fills the target from a position on, up to the end of the file at most; returns the number of bytes. */
  read(target: Buffer, position: number): number {
    let filled = 0
    while (filled < target.length) {
      const count = readSync(this.#fd, target, filled, target.length - filled, position + filled)
      if (count === 0) break
      filled += count
    }
    return filled
  }

  /** Cuts the file. What the index knows beyond the cut is wrong until the segment is recovered. */
  cutAt(position: number): void {
    this.bytes = position
    ftruncateSync(this.#fd, position)
  }

  /** Forgets the content; {@link track} tells it again. */
  forget(): void {
    this.index.clear()
    this.bytes = 0
    this.nextOffset = this.baseOffset
    this.maxTimestamp = Number.NEGATIVE_INFINITY
  }

  flushToDisk(): void {
    fdatasyncSync(this.#fd)
  }

  close(): void {
    closeSync(this.#fd)
  }

  remove(): void {
    this.close()
    rmSync(this.path, { force: true })
  }
}

/** The base offset of a segment from the name of its file, or undefined for another file. */
export function segmentOffset(fileName: string): number | undefined {
  if (!fileName.endsWith(SUFFIX) || fileName.length !== NAME_DIGITS + SUFFIX.length) return undefined
  const offset = Number(fileName.slice(0, NAME_DIGITS))
  return Number.isSafeInteger(offset) ? offset : undefined
}

function segmentName(baseOffset: number): string {
  return `${String(baseOffset).padStart(NAME_DIGITS, '0')}${SUFFIX}`
}
