/** One entry per so many bytes of log: 10 M messages of 100 bytes take 1.5 MB of index. */
const BYTES_PER_ENTRY = 16 * 1024
const FIELDS = 3

/** Finds a place in a segment from which a batch is reached by walking at most 16 KiB of headers. */
export class SparseIndex {
  /** Offset, position, greatest timestamp of all batches before: three numbers per entry. */
  #fields = new Float64Array(16 * FIELDS)
  #count = 0

  /** Considers a batch for the index. Called for every batch, in order. */
  batchAt(baseOffset: number, position: number, maxTimestampBefore: number): void {
    if (this.#count > 0 && position - this.#field(this.#count - 1, 1) < BYTES_PER_ENTRY) return
    if (this.#count * FIELDS === this.#fields.length) {
      const larger = new Float64Array(this.#fields.length * 2)
      larger.set(this.#fields)
      this.#fields = larger
    }
    const at = this.#count++ * FIELDS
    this.#fields[at] = baseOffset
    this.#fields[at + 1] = position
    this.#fields[at + 2] = maxTimestampBefore
  }

  /** The position of a batch at or before the one that holds the offset. */
  positionBefore(offset: number): number {
    return this.#positionOfLast(index => this.#field(index, 0) <= offset)
  }

  /** A position before which every batch is older than the timestamp. */
  positionBeforeTime(timestamp: number): number {
    return this.#positionOfLast(index => this.#field(index, 2) < timestamp)
  }

  clear(): void {
    this.#count = 0
  }

  /** The holds-test must be true for a run of entries from the first on, and false after it. */
  #positionOfLast(holds: (index: number) => boolean): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (holds(middle)) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : this.#field(low - 1, 1)
  }

  #field(index: number, field: number): number {
    return this.#fields[index * FIELDS + field]!
  }
}
