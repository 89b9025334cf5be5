import { equalValues } from '../../state/equal-values.ts'
import type { RowOrder, SortKey } from './ordering.ts'

export interface SortedRow<T> {
  readonly row: T
  readonly sortKey: SortKey
  /** Event time of the record that brought the row. */
  readonly time: number
}

/**
 * Rows in their order, equals in order of arrival: blocks of bounded size side by side, so that a key with very many rows is not moved as a
 * whole for each of them. Positions count from 0.
 */
export class SortedRows<T> {
  readonly #order: RowOrder<T>
  #blocks: SortedRow<T>[][] = []
  #size = 0

  constructor(order: RowOrder<T>) {
    this.#order = order
  }

  get size(): number {
    return this.#size
  }

  /** The row at a position; undefined behind the last one. */
  at(position: number): SortedRow<T> | undefined {
    let left = position
    for (const block of this.#blocks) {
      if (left < block.length) return block[left]
      left -= block.length
    }
    return undefined
  }

  /** Where a row with this key would be put: behind its equals. */
  positionFor(sortKey: SortKey): number {
    return this.#find(other => this.#order.compare(other, sortKey) <= 0).position
  }

  /** Puts a row in, behind its equals; returns its position. */
  insert(row: SortedRow<T>): number {
    const { block, index, position } = this.#find(other => this.#order.compare(other, row.sortKey) <= 0)
    const rows = this.#blocks[block]
    if (rows === undefined) this.#blocks.push([row])
    else {
      rows.splice(index, 0, row)
      if (rows.length > MOST_IN_BLOCK) this.#blocks.splice(block + 1, 0, rows.splice(rows.length >> 1))
    }
    this.#size++
    return position
  }

  /** Takes the first row of this content out; undefined when there is none. */
  remove(row: T, sortKey: SortKey): { readonly removed: SortedRow<T>; readonly position: number } | undefined {
    let { block, index, position } = this.#find(other => this.#order.compare(other, sortKey) < 0)
    for (; block < this.#blocks.length; block++, index = 0) {
      for (; index < this.#blocks[block]!.length; index++, position++) {
        const found = this.#blocks[block]![index]!
        if (this.#order.compare(found.sortKey, sortKey) > 0) return undefined
        if (equalValues(found.row, row)) return { removed: this.#take(block, index), position }
      }
    }
    return undefined
  }

  /** Takes the last row out; there must be one. */
  removeLast(): SortedRow<T> {
    const block = this.#blocks.length - 1
    return this.#take(block, this.#blocks[block]!.length - 1)
  }

  *[Symbol.iterator](): IterableIterator<SortedRow<T>> {
    for (const block of this.#blocks) yield* block
  }

  /** The first place whose key is not `isBefore`; its block may be one behind the last when there is none yet. */
  #find(isBefore: (sortKey: SortKey) => boolean): { block: number; index: number; position: number } {
    let block = 0
    let position = 0
    // The first block whose last row is not before, or the last block.
    while (block < this.#blocks.length - 1 && isBefore(this.#blocks[block]!.at(-1)!.sortKey)) {
      position += this.#blocks[block]!.length
      block++
    }
    const rows = this.#blocks[block] ?? []
    let from = 0
    let to = rows.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (isBefore(rows[middle]!.sortKey)) from = middle + 1
      else to = middle
    }
    return { block, index: from, position: position + from }
  }

  #take(block: number, index: number): SortedRow<T> {
    const rows = this.#blocks[block]!
    const [taken] = rows.splice(index, 1)
    if (rows.length === 0) this.#blocks.splice(block, 1)
    this.#size--
    return taken!
  }
}

const MOST_IN_BLOCK = 512
