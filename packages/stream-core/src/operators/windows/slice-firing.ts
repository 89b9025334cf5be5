import type { Accumulator } from '../../aggregates/aggregate.ts'
import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { Slice, SliceList } from '../../windows/slice-list.ts'
import { CHANGED, type SlotTable, UNFIRED } from '../../windows/slot-table.ts'
import type { SlicedWindows, TimeWindow } from '../../windows/window-assigner.ts'
import { type PaneTiming, paneOf } from '../../windows/window-result.ts'
import { entrySweep } from '../entry-sweep.ts'
import type { SnapshotScope, StateSweep } from '../operator.ts'
import { EmissionCounts } from './emission-counts.ts'
import { SliceMerger } from './slice-merger.ts'
import type { WindowOutput } from './window-output.ts'

/** What windows emit from their slices. */
export interface SliceFiring {
  /** The watermark moves from `watermark` to `reached` and passes the window's end. */
  fireOnTime(window: TimeWindow, watermark: number, reached: number): void
  /** A record was added to a slot of a slice whose end the watermark has passed. */
  fireLate(slice: Slice, slot: number, watermark: number): void
  /** Emits what open windows have, where it is news; returns how many did. */
  fireQuietly(windows: Iterable<TimeWindow>, watermark: number): number
  /** `next` is the first window that is still to be emitted; `isOver` says of a window's end that it takes no more records. */
  forget(next: TimeWindow | undefined, isOver: (end: number) => boolean): void
  write(state: StateWriter, scope: SnapshotScope): void
  /** As `write` when nothing has changed; what did stays changed. */
  writeNothing(state: StateWriter): void
  /** A sweep over what `write` writes; `writeHead` writes what stands before that. */
  sweep?(writeHead: (state: StateWriter) => void): StateSweep
  read(state: StateReader, restored: { isFull: boolean; version: number }): void
  /** Everything is read, up to this watermark. */
  restored(watermark: number): void
}

/** What a firing works on. */
export interface Firing {
  readonly windows: SlicedWindows
  readonly lateness: number
  readonly slices: SliceList
  readonly table: SlotTable
  readonly accumulator: Accumulator<never, unknown>
  readonly output: Pick<WindowOutput<Key, never, unknown>, 'emit'>
}

/** Each slice is a window: its slots are what it emits. */
export class SlotFiring implements SliceFiring {
  readonly #firing: Firing

  constructor(firing: Firing) {
    this.#firing = firing
  }

  fireOnTime(window: TimeWindow, watermark: number, reached: number): void {
    this.#fire(window, 'onTime', watermark, window.end - 1 + this.#firing.lateness <= reached)
  }

  fireLate(slice: Slice, slot: number, watermark: number): void {
    this.#emit(slice, slot, 'late', watermark, false)
  }

  fireQuietly(windows: Iterable<TimeWindow>, watermark: number): number {
    let fired = 0
    for (const window of windows) {
      if (this.#fire(window, 'quiet', watermark, false) > 0) fired++
      // That they were emitted is part of the state: after a restore they must not be emitted once more for nothing.
      this.#firing.slices.find(window.start)!.keys.each(slot => this.#firing.table.mark(slot, CHANGED))
    }
    return fired
  }

  forget(): void {}

  write(): void {}

  writeNothing(): void {}

  read(): void {}

  /** That a window emitted when the watermark passed its end is not written again for each of its slots: it follows from the watermark. */
  restored(watermark: number): void {
    const { slices, table } = this.#firing
    for (const { end, keys } of slices.all) {
      if (end - 1 > watermark) break
      keys.each(slot => {
        if ((table.flags[slot]! & UNFIRED) === 0) return
        table.unmark(slot, UNFIRED)
        table.countFiring(slot)
      })
    }
  }

  #fire(window: TimeWindow, timing: PaneTiming, watermark: number, isLast: boolean): number {
    const { slices, table } = this.#firing
    let emitted = 0
    slices.find(window.start)!.keys.each(slot => {
      if ((table.flags[slot]! & UNFIRED) === 0) return
      this.#emit(window, slot, timing, watermark, isLast)
      emitted++
    })
    return emitted
  }

  #emit({ start, end }: TimeWindow, slot: number, timing: PaneTiming, watermark: number, isLast: boolean): void {
    const { table, output } = this.#firing
    table.unmark(slot, UNFIRED)
    output.emit(table.key(slot), start, end, slot, paneOf(timing, table.countFiring(slot), isLast), watermark)
  }
}

/** Windows share slices. UNFIRED of a slot says that records came since all open windows last emitted for quiet; the watermark does not take it away. */
export class MergedFiring implements SliceFiring {
  readonly #firing: Firing
  readonly #merger: SliceMerger
  readonly #emissions = new EmissionCounts()

  constructor(firing: Firing) {
    this.#firing = firing
    const { windows, slices, table, accumulator } = firing
    const { runOf } = windows
    this.#merger = new SliceMerger({ ...windows, runOf: runOf! }, slices, table, accumulator)
  }

  fireOnTime(window: TimeWindow, watermark: number, reached: number): void {
    const { lateness, output, table } = this.#firing
    const { start, end } = window
    const isLast = end - 1 + lateness <= reached
    this.#merger.releaseBefore(window)
    this.#merger.mergeAhead(window, (key, slot) => {
      const counted = this.#emissions.counted(end, key)
      output.emit(key, start, end, slot, paneOf('onTime', counted ?? 0, isLast), watermark)
      if (counted !== undefined && !isLast) this.#emissions.count(end, key, counted + 1)
    })
    if (!isLast) this.#emissions.fire(end, table.ordinal)
  }

  fireLate(slice: Slice, slot: number, watermark: number): void {
    const { windows, lateness, output, table } = this.#firing
    const key = table.key(slot)
    if (windows.windowAfter(slice, watermark + 1) !== undefined) this.#merger.refresh(slice, key)
    let window = windows.windowAfter(slice, watermark - lateness + 1)
    for (; window !== undefined && window.end - 1 <= watermark; window = windows.windowAfter(slice, window.end)) {
      const { start, end } = window
      this.#merger.mergeKey(window, key, (_, merged, first) => {
        const count = this.#emissions.of(end, key, first)
        output.emit(key, start, end, merged, paneOf('late', count, false), watermark)
        this.#emissions.count(end, key, count + 1)
      })
    }
  }

  fireQuietly(windows: Iterable<TimeWindow>, watermark: number): number {
    const { output, slices, table } = this.#firing
    let fired = 0
    let firstOpen = Number.POSITIVE_INFINITY
    for (const window of windows) {
      const { start, end } = window
      let emitted = 0
      this.#merger.mergeNow(window, (key, slot) => {
        const count = this.#emissions.of(end, key, Number.POSITIVE_INFINITY)
        output.emit(key, start, end, slot, paneOf('quiet', count, false), watermark)
        this.#emissions.count(end, key, count + 1)
        emitted++
      })
      if (emitted > 0) fired++
      firstOpen = Math.min(firstOpen, start)
    }
    for (const { keys } of slices.all.slice(slices.from(firstOpen))) {
      keys.each(slot => {
        table.unmark(slot, UNFIRED)
        table.mark(slot, CHANGED)
      })
    }
    this.#merger.releaseBefore(undefined)
    return fired
  }

  forget(next: TimeWindow | undefined, isOver: (end: number) => boolean): void {
    this.#merger.releaseBefore(next)
    this.#emissions.forget(isOver)
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    this.#emissions.write(state, scope)
  }

  writeNothing(state: StateWriter): void {
    this.#emissions.writeCounts(state, [])
  }

  sweep(writeHead: (state: StateWriter) => void): StateSweep {
    return entrySweep(this.#emissions.all(), (state, counts) => {
      writeHead(state)
      this.#emissions.writeCounts(state, counts)
    })
  }

  read(state: StateReader, { isFull, version }: { isFull: boolean; version: number }): void {
    if (isFull) this.#emissions.clear()
    if (version >= 3) this.#emissions.read(state)
  }

  restored(): void {}
}
