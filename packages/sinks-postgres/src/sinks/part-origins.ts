import type { Batch, Place } from '@rtp/stream-core/extend'

/** Remembers which records the rows of a part came from, a few numbers per batch, so that a row that the server refuses can be found. */
export class PartOrigins {
  readonly #runs: Run[] = []
  #rows = 0

  get rows(): number {
    return this.#rows
  }

  add(batch: Batch<unknown>): void {
    this.#rows += batch.size
    this.#runs.push({
      endRow: this.#rows,
      partition: batch.origin?.partition,
      first: batch.offsets[0],
      last: batch.offsets[batch.size - 1],
    })
  }

  /** Where a row (counted from 1) came from, in words and as a place; undefined where nobody knows. */
  find(row: number): { readonly text: string; readonly place: Place } | undefined {
    const run = this.#runs.find(({ endRow }) => row <= endRow)
    if (run?.partition === undefined) return undefined
    const { partition, first = Number.NaN, last = Number.NaN } = run
    if (Number.isNaN(first)) return { text: `a record of ${partition}`, place: { partition } }
    const offsets = first === last ? `offset ${first}` : `an offset from ${first} to ${last}`
    return { text: `a record of ${partition} at ${offsets}`, place: { partition, offset: first } }
  }
}

interface Run {
  readonly endRow: number
  readonly partition: string | undefined
  readonly first: number | undefined
  readonly last: number | undefined
}
