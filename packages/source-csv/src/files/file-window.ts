import type { ByteReader } from './byte-reader.ts'

/** The stretch of a file that is in memory: blocks of it pass through one buffer, in which what is not parsed yet moves to the front. */
export class FileWindow {
  readonly bytes: Buffer
  /** What is not parsed yet lies in `[start, end)`. */
  start = 0
  end = 0
  /** True when the file ends at `end`. */
  isLast = false
  /** Offset in the file of the buffer's first byte. */
  #bufferOffset = 0
  readonly #reader: ByteReader
  readonly #blockBytes: number

  constructor(reader: ByteReader, buffer: Buffer, blockBytes: number) {
    this.#reader = reader
    this.bytes = buffer
    this.#blockBytes = blockBytes
  }

  /** Offset in the file of `start`. */
  get offset(): number {
    return this.#bufferOffset + this.start
  }

  get length(): number {
    return this.end - this.start
  }

  get isFull(): boolean {
    return this.length === this.bytes.length
  }

  /** Reads one more block behind what is there; at the end of the file, sets `isLast` instead. */
  async fill(): Promise<void> {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end)
      this.#bufferOffset += this.start
      this.end -= this.start
      this.start = 0
    }
    const room = Math.min(this.#blockBytes, this.bytes.length - this.end)
    const count = await this.#reader.read(this.bytes, this.end, room)
    if (count === 0) this.isLast = true
    this.end += count
  }

  /** Moves `start` forward to `offset`; stops at the end of a file that is shorter. */
  async goTo(offset: number): Promise<void> {
    const ahead = offset - this.offset
    if (ahead <= this.length) {
      this.start += ahead
      return
    }
    const skipped = await this.#reader.skip(ahead - this.length)
    this.#bufferOffset = this.offset + this.length + skipped
    this.start = 0
    this.end = 0
  }
}
