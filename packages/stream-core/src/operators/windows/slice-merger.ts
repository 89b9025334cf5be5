import type { Accumulator } from '../../aggregates/aggregate.ts'
import type { Key } from '../../state/key.ts'
import { KeyMap } from '../../state/key-map.ts'
import { IntList } from '../../windows/int-list.ts'
import { orderByFirst } from '../../windows/order-by-first.ts'
import type { Slice, SliceList } from '../../windows/slice-list.ts'
import { type SlotTable, UNFIRED } from '../../windows/slot-table.ts'
import type { SlicedWindows, TimeWindow } from '../../windows/window-assigner.ts'

/** Takes the merged slot of a key, which is lent for the call, and when the key first came. */
export type VisitMerged = (key: Key, slot: number, first: number) => void

/**
 * Merges slices to windows. Of the run in which a window begins it keeps, for each key, the merger of all slices from some slice to the run's end; of
 * the run in which it ends the merger of all slices from the run's beginning. A window is one of each, so that a key costs about three mergers a
 * slice, however many slices a window has (van Herk's and Gil and Werman's running minimum, with aggregates in its place).
 *
 * What is merged ahead is not part of the state: it is made anew from the slices, in the same order and grouping, to the last bit of a sum.
 */
export class SliceMerger {
  readonly #runOf: (time: number) => number
  readonly #slices: SliceList
  readonly #table: SlotTable
  readonly #accumulator: Accumulator<never, unknown>
  readonly #runs: Run[] = []
  readonly #scratch: number
  /** Of a slot in a suffix: the slot of the same key in the next, shorter one. */
  #shorter = new Int32Array(0)
  readonly #left = new IntList()
  readonly #right = new IntList()

  constructor(
    windows: SlicedWindows & { readonly runOf: (time: number) => number },
    slices: SliceList,
    table: SlotTable,
    accumulator: Accumulator<never, unknown>,
  ) {
    this.#runOf = windows.runOf
    this.#slices = slices
    this.#table = table
    this.#accumulator = accumulator
    this.#scratch = table.take(0)
  }

  /** Visits every key of a window whose slices are complete, in the order in which keys first came; those without news since the last quiet firing are left out. */
  mergeAhead(window: TimeWindow, visit: VisitMerged): void {
    const runStart = this.#runOf(window.end - 1)
    const ending = this.#run(runStart)
    this.#extendPrefix(ending, window.end)
    let beginning: Run | undefined
    if (window.start < runStart) {
      beginning = this.#run(this.#runOf(window.start))
      this.#makeSuffix(beginning, window.start, runStart)
    }
    const suffix = beginning?.suffix
    const { prefix } = ending
    suffix?.each(slot => this.#pair(slot, prefix.get(this.#table.key(slot)) ?? NONE))
    prefix.each(slot => {
      if (suffix?.get(this.#table.key(slot)) === undefined) this.#pair(slot, NONE)
    })
    this.#visitPairs(visit)
  }

  /** As `mergeAhead`, straight from the slices: for windows that are not complete. */
  mergeNow(window: TimeWindow, visit: VisitMerged): void {
    const merged = new KeyMap<number>()
    for (const slice of this.#slicesIn(window.start, window.end)) {
      slice.keys.each(slot => this.#mergeInto(this.#slotIn(merged, this.#table.key(slot)), slot))
    }
    merged.each(slot => this.#pair(slot, NONE))
    this.#visitPairs(visit)
    merged.each(slot => this.#table.release(slot))
  }

  /** Visits one key of a window. */
  mergeKey(window: TimeWindow, key: Key, visit: VisitMerged): void {
    this.#empty(this.#scratch)
    for (const slice of this.#slicesIn(window.start, window.end)) {
      const slot = slice.keys.get(key)
      if (slot !== undefined) this.#mergeInto(this.#scratch, slot)
    }
    visit(key, this.#scratch, this.#table.firsts[this.#scratch]!)
  }

  /** A record came into a slice that may be merged already, and that a window still needs: merges its key anew. */
  refresh(slice: Slice, key: Key): void {
    const start = this.#runOf(slice.start)
    const at = this.#runs.findIndex(one => one.start === start)
    const run = this.#runs[at]
    if (run === undefined) return
    if (run.suffix !== undefined && slice.start < run.suffixStart) {
      // The record is the first in a window that comes before those that were next: its slice has been taken off already.
      this.#runs.splice(at, 1)
      this.#release(run)
      return
    }
    if (slice.end <= run.prefixEnd) {
      const slot = this.#slotIn(run.prefix, key)
      this.#empty(slot)
      for (const { keys } of this.#slicesIn(run.start, run.prefixEnd)) {
        const own = keys.get(key)
        if (own !== undefined) this.#mergeInto(slot, own)
      }
    }
    if (run.suffix === undefined) return
    this.#releaseChain(run.suffix.get(key))
    run.suffix.delete(key)
    for (const { keys } of this.#slicesIn(run.suffixStart, run.suffixEnd).reverse()) {
      const own = keys.get(key)
      if (own !== undefined) this.#lengthen(run.suffix, key, own)
    }
  }

  /** Gives up what no window from `next` on needs; to be called before the slices are forgotten which only the windows before it needed. */
  releaseBefore(next: TimeWindow | undefined): void {
    const first = next === undefined ? Number.POSITIVE_INFINITY : this.#runOf(next.start)
    while (this.#runs.length > 0 && this.#runs[0]!.start < first) this.#release(this.#runs.shift()!)
    const run = this.#runs[0]
    if (next !== undefined && run?.start === first && run.suffix !== undefined)
      this.#shorten(run, run.suffix, next.start)
  }

  #run(start: number): Run {
    let run = this.#runs.find(one => one.start === start)
    if (run !== undefined) return run
    run = {
      start,
      prefix: new KeyMap<number>(),
      prefixEnd: start,
      suffix: undefined,
      suffixStart: start,
      suffixEnd: start,
    }
    this.#runs.push(run)
    this.#runs.sort((a, b) => a.start - b.start)
    return run
  }

  #extendPrefix(run: Run, end: number): void {
    for (const { keys } of this.#slicesIn(run.prefixEnd, end)) {
      keys.each(slot => this.#mergeInto(this.#slotIn(run.prefix, this.#table.key(slot)), slot))
    }
    run.prefixEnd = end
  }

  #makeSuffix(run: Run, start: number, end: number): void {
    if (run.suffix !== undefined) {
      this.#shorten(run, run.suffix, start)
      return
    }
    // From now on windows end behind the run, and none needs its beginning any more.
    run.prefix.each(slot => this.#table.release(slot))
    run.prefix = new KeyMap<number>()
    run.prefixEnd = Number.NEGATIVE_INFINITY
    const suffix = new KeyMap<number>()
    for (const { keys } of this.#slicesIn(start, end).reverse()) {
      keys.each(slot => this.#lengthen(suffix, this.#table.key(slot), slot))
    }
    run.suffix = suffix
    run.suffixStart = start
    run.suffixEnd = end
  }

  #shorten(run: Run, suffix: KeyMap<number>, start: number): void {
    for (const { keys } of this.#slicesIn(run.suffixStart, start)) {
      keys.each(own => {
        const key = this.#table.key(own)
        const slot = suffix.get(key)!
        const shorter = this.#shorter[slot]!
        if (shorter === NONE) suffix.delete(key)
        else suffix.set(key, shorter)
        this.#table.release(slot)
      })
    }
    run.suffixStart = start
  }

  /** Puts a slice in front of a key's suffix. */
  #lengthen(suffix: KeyMap<number>, key: Key, own: number): void {
    const shorter = suffix.get(key) ?? NONE
    const slot = this.#table.take(key)
    this.#mergeInto(slot, own)
    if (shorter !== NONE) this.#mergeInto(slot, shorter)
    if (this.#shorter.length < this.#table.flags.length) {
      const larger = new Int32Array(this.#table.flags.length)
      larger.set(this.#shorter)
      this.#shorter = larger
    }
    this.#shorter[slot] = shorter
    suffix.set(key, slot)
  }

  #releaseChain(first: number | undefined): void {
    for (let slot = first ?? NONE; slot !== NONE; ) {
      const shorter = this.#shorter[slot]!
      this.#table.release(slot)
      slot = shorter
    }
  }

  #release({ prefix, suffix }: Run): void {
    prefix.each(slot => this.#table.release(slot))
    suffix?.each(slot => this.#releaseChain(slot))
  }

  #slicesIn(start: number, end: number): Slice[] {
    return this.#slices.all.slice(this.#slices.from(start), this.#slices.from(end))
  }

  #slotIn(keys: KeyMap<number>, key: Key): number {
    const found = keys.get(key)
    if (found !== undefined) return found
    const slot = this.#table.take(key)
    keys.set(key, slot)
    return slot
  }

  #empty(slot: number): void {
    this.#accumulator.reset(slot)
    this.#table.firsts[slot] = Number.POSITIVE_INFINITY
    this.#table.unmark(slot, UNFIRED)
  }

  #mergeInto(into: number, from: number): void {
    const { firsts, flags } = this.#table
    this.#accumulator.merge(into, from)
    if (firsts[from]! < firsts[into]!) firsts[into] = firsts[from]!
    flags[into]! |= flags[from]! & UNFIRED
  }

  #pair(left: number, right: number): void {
    const { flags } = this.#table
    if (((flags[left]! | (right === NONE ? 0 : flags[right]!)) & UNFIRED) === 0) return
    this.#left.push(left)
    this.#right.push(right)
  }

  #visitPairs(visit: VisitMerged): void {
    const { firsts } = this.#table
    const [left, right] = [this.#left, this.#right]
    const times = new Float64Array(left.length)
    for (let i = 0; i < times.length; i++) {
      const own = firsts[left.items[i]!]!
      const other = right.items[i] === NONE ? own : firsts[right.items[i]!]!
      times[i] = Math.min(own, other)
    }
    for (const i of orderByFirst(times)) {
      const key = this.#table.key(left.items[i]!)
      let slot = left.items[i]!
      if (right.items[i] !== NONE) {
        this.#empty(this.#scratch)
        this.#mergeInto(this.#scratch, slot)
        this.#mergeInto(this.#scratch, right.items[i]!)
        slot = this.#scratch
      }
      visit(key, slot, times[i]!)
    }
    left.clear()
    right.clear()
  }
}

interface Run {
  readonly start: number
  /** Merger of the slices up to `prefixEnd`. */
  prefix: KeyMap<number>
  prefixEnd: number
  /** Merger of the slices from `suffixStart` on, up to the run's end; undefined before a window needs it. */
  suffix: KeyMap<number> | undefined
  suffixStart: number
  suffixEnd: number
}

const NONE = -1
