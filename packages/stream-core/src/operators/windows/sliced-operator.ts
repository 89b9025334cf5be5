import type { Accumulator, Aggregate } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import { reachPoint } from '../../crash-points.ts'
import { checkKey, type Key } from '../../state/key.ts'
import { KeyMap } from '../../state/key-map.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { type Slice, SliceList } from '../../windows/slice-list.ts'
import { CHANGED, SlotTable, UNFIRED } from '../../windows/slot-table.ts'
import type { SlicedWindows, TimeWindow } from '../../windows/window-assigner.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import { entrySweep, sweepsInTurn } from '../entry-sweep.ts'
import type { Inspection, InspectionAnswer, Operator, OperatorContext, SnapshotScope, StateSweep } from '../operator.ts'
import { describeWait } from './describe-wait.ts'
import { CELL_MASK, SliceCells } from './slice-cells.ts'
import { type Firing, MergedFiring, type SliceFiring, SlotFiring } from './slice-firing.ts'
import type { SlicedAggregateOptions } from './sliced-aggregate.ts'
import { SlicedState } from './sliced-state.ts'
import { WindowOutput } from './window-output.ts'

/** Puts records into slices and says when windows emit; what a window then emits is the firing's business. */
export class SlicedAggregateOperator<K extends Key, T, R> implements Operator<T> {
  readonly #keyOf: (value: T) => Key
  readonly #windows: SlicedWindows
  readonly #lateness: number
  readonly #context: OperatorContext<WindowResult<K, R>>
  readonly #accumulator: Accumulator<T, R>
  readonly #table: SlotTable
  readonly #slices = new SliceList()
  readonly #output: WindowOutput<K, T, R>
  readonly #firing: SliceFiring
  readonly #state: SlicedState
  readonly #cells = new SliceCells()
  #slots = new Int32Array(INITIAL_CAPACITY)
  #watermark = Number.NEGATIVE_INFINITY
  #idle = false
  /** The next watermark at which a window emits or a slice is forgotten. */
  #nextEvent = Number.POSITIVE_INFINITY
  /** The slice of the last record, while the watermark has not passed it; what the fast loop works on. */
  #current: Slice | undefined

  constructor(
    aggregate: Aggregate<T, R>,
    options: SlicedAggregateOptions<T>,
    context: OperatorContext<WindowResult<K, R>>,
  ) {
    const { windows, allowedLatenessMs: lateness } = options
    this.#keyOf = options.key.of
    this.#windows = windows
    this.#lateness = lateness
    this.#context = context
    const accumulator = aggregate.start(INITIAL_CAPACITY)
    this.#accumulator = accumulator
    const isMerged = windows.runOf !== undefined
    const table = new SlotTable(INITIAL_CAPACITY, {
      onGrow: capacity => accumulator.grow(capacity),
      onRelease: slot => accumulator.reset(slot),
      ordered: isMerged,
    })
    this.#table = table
    this.#output = new WindowOutput(context, accumulator)
    const firing: Firing = { windows, lateness, slices: this.#slices, table, accumulator, output: this.#output }
    this.#firing = isMerged ? new MergedFiring(firing) : new SlotFiring(firing)
    this.#state = new SlicedState(context.name, windows, this.#slices, table, accumulator)
  }

  onBatch(batch: Batch<T>): void {
    const { size } = batch
    if (this.#slots.length < size) this.#slots = new Int32Array(Math.max(size, this.#slots.length * 2))
    // Records whose slots are found and which the aggregates have not seen yet are those from `added` up to `at`.
    let added = 0
    let at = 0
    while (at < size) {
      at = this.#runFast(batch, at)
      if (at === size) break
      const watermark = batch.watermarks[at]!
      if (watermark >= this.#nextEvent) {
        this.#add(batch, added, at)
        added = at
        this.#advance(watermark)
      } else if (watermark > this.#watermark) {
        this.#watermark = watermark
      }
      added = this.#place(batch, added, at)
      at++
    }
    this.#add(batch, added, size)
    if (batch.watermark >= this.#nextEvent) this.#advance(batch.watermark)
    else if (batch.watermark > this.#watermark) this.#watermark = batch.watermark
    this.#idle = batch.idle
    this.#output.finish(this.#watermark, batch)
  }

  onQuiet(): void {
    this.#context.metrics.quietFirings += this.#firing.fireQuietly(this.#openWindows(), this.#watermark)
    this.#output.flush(this.#watermark, this.#idle)
  }

  inspect(question: Inspection): InspectionAnswer | undefined {
    for (const window of this.#openWindows()) {
      if (question.windowStart !== undefined && window.start !== question.windowStart) continue
      const slices = this.#slices.all.slice(this.#slices.from(window.start), this.#slices.from(window.end))
      const { key } = question
      if (key !== undefined && !slices.some(({ keys }) => keys.get(key) !== undefined)) continue
      return describeWait(
        window,
        this.#watermark,
        slices.reduce((most, { keys }) => Math.max(most, keys.size), 0),
      )
    }
    return undefined
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#state.write(state, scope, this.#watermark)
    this.#firing.write(state, scope)
  }

  sweep(): StateSweep {
    const { sweep } = this.#firing
    const slots = entrySweep(this.#state.open(), (state, slots) => {
      this.#state.writeOpen(state, slots, this.#watermark)
      this.#firing.writeNothing(state)
    })
    if (sweep === undefined) return slots
    return sweepsInTurn(
      slots,
      sweep.call(this.#firing, state => this.#state.writeOpen(state, [], this.#watermark)),
    )
  }

  restore(state: StateReader): void {
    const { watermark, isFull, version } = this.#state.read(state)
    this.#watermark = watermark
    this.#firing.read(state, { isFull, version })
    // What was just read is stored already.
    this.#table.takeChanges()
  }

  restored(): void {
    this.#firing.restored(this.#watermark)
    this.#forget(this.#watermark)
    this.#state.forgetClosed()
    this.#leaveSlice()
  }

  /** Finds slots as long as nothing special happens: records of slices that are known and not passed. Returns where something does. */
  #runFast(batch: Batch<T>, from: number): number {
    if (this.#current === undefined) return from
    const { values, times, watermarks, size } = batch
    const keyOf = this.#keyOf
    const slots = this.#slots
    const nextEvent = this.#nextEvent
    const table = this.#table
    const { cells, width } = this.#cells
    let slice = this.#current
    let { start, end } = slice
    let known = slice.keys.plain
    let flags = table.flags
    let i = from
    try {
      for (; i < size; i++) {
        if (watermarks[i]! >= nextEvent) break
        const time = times[i]!
        if (!(time >= start && time < end)) {
          const other = cells[(time / width) & CELL_MASK]
          if (other === undefined || !(time >= other.start && time < other.end)) break
          slice = other
          start = slice.start
          end = slice.end
          known = slice.keys.plain
        }
        const key = keyOf(values[i]!)
        let slot = known.get(key)
        if (slot === undefined) {
          slot = this.#slotOf(slice, key)
          flags = table.flags
        }
        if (flags[slot] !== NEW_AND_CHANGED) table.mark(slot, NEW_AND_CHANGED)
        slots[i] = slot
      }
    } catch (cause) {
      this.#context.fail(cause, batch, i)
    }
    this.#current = slice
    if (i > from && watermarks[i - 1]! > this.#watermark) this.#watermark = watermarks[i - 1]!
    return i
  }

  /** Finds the slot of one record, whatever it is; returns from where on records are still to be added. */
  #place(batch: Batch<T>, added: number, at: number): number {
    const time = batch.times[at]!
    let slice: Slice | undefined
    let slot: number
    try {
      slice = this.#sliceOf(time)
      if (slice === undefined || this.#isOver(slice.lastEnd, this.#watermark)) {
        this.#add(batch, added, at)
        if (slice === undefined) this.#context.metrics.recordsWithoutWindow++
        else this.#output.turnAway(batch, at, this.#watermark, slice.lastEnd - 1 + this.#lateness)
        return at + 1
      }
      slot = this.#slotOf(this.#slices.find(slice.start) ?? this.#open(slice), this.#keyOf(batch.values[at]!))
    } catch (cause) {
      return this.#context.fail(cause, batch, at)
    }
    this.#table.mark(slot, NEW_AND_CHANGED)
    this.#slots[at] = slot
    if (slice.end - 1 > this.#watermark) {
      this.#current = slice
      this.#cells.set(time, slice)
      return added
    }
    // Windows of the slice may have emitted already: those emit again at once, for this key.
    this.#add(batch, added, at + 1)
    this.#firing.fireLate(slice, slot, this.#watermark)
    return at + 1
  }

  /** The slice of a time, which need not be open. */
  #sliceOf(time: number): Slice | undefined {
    const bounds = this.#windows.sliceOf(time)
    if (bounds === undefined) return undefined
    const { start, end } = bounds
    return (
      this.#slices.find(start) ?? { start, end, lastEnd: this.#windows.lastEndOf(bounds), keys: new KeyMap<number>() }
    )
  }

  #slotOf(slice: Slice, key: Key): number {
    // What is no key at all must not be taken for a tuple that prints alike.
    if (typeof key === 'object') checkKey(key)
    const found = slice.keys.get(key)
    if (found !== undefined) return found
    checkKey(key)
    this.#context.checkOwner(key)
    return this.#table.add(slice.keys, key, slice.start)
  }

  #open(slice: Slice): Slice {
    this.#slices.add(slice)
    const next = this.#windows.windowAfter(slice, this.#watermark + 1)
    const event = next === undefined ? slice.lastEnd - 1 + this.#lateness : next.end - 1
    if (event < this.#nextEvent) this.#nextEvent = event
    return slice
  }

  #add(batch: Batch<T>, from: number, to: number): void {
    if (from >= to) return
    const context = this.#context
    this.#accumulator.add(this.#slots, batch.values, batch.times, from, to, (cause, at) =>
      context.fail(cause, batch, at),
    )
  }

  /** Emits and forgets what the watermark completes. */
  #advance(watermark: number): void {
    reachPoint('windows-firing')
    for (const window of this.#openWindows()) {
      if (window.end - 1 > watermark) break
      this.#firing.fireOnTime(window, this.#watermark, watermark)
    }
    this.#forget(watermark)
    this.#watermark = watermark
    this.#leaveSlice()
    reachPoint('windows-fired')
  }

  /** Windows that hold records and whose end the watermark has not passed, in order of their end. */
  *#openWindows(): Iterable<TimeWindow> {
    for (let window = this.#windowAfter(this.#watermark + 1); window !== undefined; ) {
      yield window
      window = this.#windowAfter(window.end)
    }
  }

  #windowAfter(time: number): TimeWindow | undefined {
    const slice = this.#slices.firstWithWindowAfter(time)
    return slice === undefined ? undefined : this.#windows.windowAfter(slice, time)
  }

  #forget(watermark: number): void {
    this.#firing.forget(this.#windowAfter(watermark + 1), end => this.#isOver(end, watermark))
    for (let slice = this.#slices.all[0]; slice !== undefined; slice = this.#slices.all[0]) {
      if (!this.#isOver(slice.lastEnd, watermark)) break
      this.#state.close(slice)
    }
  }

  /** A window that ends there takes no record any more. */
  #isOver(end: number, watermark: number): boolean {
    return end - 1 + this.#lateness <= watermark
  }

  /** What the watermark has passed is no business of the fast loop. */
  #leaveSlice(): void {
    this.#current = undefined
    this.#cells.clear()
    const next = this.#windowAfter(this.#watermark + 1)
    const first = this.#slices.all[0]
    this.#nextEvent = Math.min(
      next === undefined ? Number.POSITIVE_INFINITY : next.end - 1,
      first === undefined ? Number.POSITIVE_INFINITY : first.lastEnd - 1 + this.#lateness,
    )
  }
}

/** Changed since the last snapshot and not emitted since. */
const NEW_AND_CHANGED = CHANGED | UNFIRED
const INITIAL_CAPACITY = 1024
