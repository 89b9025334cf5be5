export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

interface AbortedEntry extends AbortedTransaction {
  readonly markerOffset: number
  /** The last stable offset when the marker was written: transactions that end later begin there or after. */
  readonly stableAfter: number
}

/** Lists a partition's aborted transactions, which a read_committed consumer needs to leave their records out. */
export class AbortedTransactions {
  #entries: AbortedEntry[] = []

  /** Called in the order of the markers. */
  add(producerId: number, firstOffset: number, markerOffset: number, stableAfter: number): void {
    this.#entries.push({ producerId, firstOffset, markerOffset, stableAfter })
  }

  /** The aborted transactions that have a record or their marker in `[fromOffset, toOffset)`. */
  between(fromOffset: number, toOffset: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (let index = this.#firstEndingAt(fromOffset); index < this.#entries.length; index++) {
      const entry = this.#entries[index]!
      if (entry.firstOffset < toOffset) found.push(entry)
      if (entry.stableAfter >= toOffset) break
    }
    return found
  }

  dropBefore(offset: number): void {
    const first = this.#firstEndingAt(offset)
    if (first > 0) this.#entries = this.#entries.slice(first)
  }

  clear(): void {
    this.#entries = []
  }

  #firstEndingAt(offset: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.markerOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
