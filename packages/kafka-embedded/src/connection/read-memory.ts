const BLOCK_BYTES = 1024 * 1024
const KEPT_BYTES = 8 * 1024 * 1024

/** Memory for the log bytes of one answer, used again for the next: fetching does not feed the garbage collector. */
export class ReadMemory {
  #blocks: Buffer[] = []
  #current = 0
  #used = 0

  /** Memory until the next {@link reset}; its content is undefined. */
  allocate(bytes: number): Buffer {
    for (; this.#current < this.#blocks.length; this.#current++, this.#used = 0) {
      const block = this.#blocks[this.#current]!
      if (this.#used + bytes > block.length) continue
      const start = this.#used
      this.#used += bytes
      return block.subarray(start, this.#used)
    }
    const block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes))
    this.#blocks.push(block)
    this.#used = bytes
    return block.subarray(0, bytes)
  }

  /** Takes everything back that was given out. */
  reset(): void {
    this.#current = 0
    this.#used = 0
    let kept = 0
    this.#blocks = this.#blocks.filter(block => (kept += block.length) <= KEPT_BYTES)
  }
}
