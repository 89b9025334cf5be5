import type { KeyMap } from '../state/key-map.ts'
import type { TimeWindow } from './window-assigner.ts'

/** A slice that holds records. */
export interface Slice extends TimeWindow {
  readonly keys: KeyMap<number>
  /** End of the last window that it is part of. */
  readonly lastEnd: number
}

/** The slices that hold records, in order of time. */
export class SliceList {
  readonly #slices: Slice[] = []
  readonly #byStart = new Map<number, Slice>()

  get all(): readonly Slice[] {
    return this.#slices
  }

  find(start: number): Slice | undefined {
    return this.#byStart.get(start)
  }

  add(slice: Slice): void {
    this.#byStart.set(slice.start, slice)
    const last = this.#slices.at(-1)
    if (last === undefined || last.start < slice.start) this.#slices.push(slice)
    else this.#slices.splice(this.from(slice.start), 0, slice)
  }

  remove(slice: Slice): void {
    this.#byStart.delete(slice.start)
    if (this.#slices[0] === slice) this.#slices.shift()
    else this.#slices.splice(this.from(slice.start), 1)
  }

  /** Index of the first slice that starts at or behind `time`. */
  from(time: number): number {
    return this.#search(slice => slice.start >= time)
  }

  /** The first slice that is part of a window which ends after `time`. */
  firstWithWindowAfter(time: number): Slice | undefined {
    return this.#slices[this.#search(slice => slice.lastEnd > time)]
  }

  /** Index of the first slice for which `isBehind` holds, as it does for all behind it. */
  #search(isBehind: (slice: Slice) => boolean): number {
    let low = 0
    let high = this.#slices.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBehind(this.#slices[middle]!)) high = middle
      else low = middle + 1
    }
    return low
  }
}
