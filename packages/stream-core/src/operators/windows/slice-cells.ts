import type { Slice } from '../../windows/slice-list.ts'

/**
 * Finds the slice of a time by arithmetic, for records that come in no order. A guess: whoever asks checks the bounds, and where it is wrong looks
 * the slice up.
 */
export class SliceCells {
  /** What stands at `time / width & CELL_MASK` is the slice of that time, or another one, or undefined. */
  readonly cells: (Slice | undefined)[] = new Array<Slice | undefined>(CELL_MASK + 1).fill(undefined)
  /** Length of the shortest slice so far, ms. */
  width = 1
  #isEmpty = true

  set(time: number, slice: Slice): void {
    if (this.width === 1 || slice.end - slice.start < this.width) this.width = slice.end - slice.start
    this.cells[(time / this.width) & CELL_MASK] = slice
    this.#isEmpty = false
  }

  clear(): void {
    if (!this.#isEmpty) this.cells.fill(undefined)
    this.#isEmpty = true
  }
}

export const CELL_MASK = 63
