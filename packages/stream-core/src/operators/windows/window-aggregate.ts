import type { Accumulator, Aggregate } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { messageOf, StreamError } from '../../errors.ts'
import { checkKey, decodeKey, encodeKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { formatDuration } from '../../time/duration.ts'
import { CHANGED, SlotTable, slotsOf, UNFIRED, type WindowSlots } from '../../windows/slot-table.ts'
import { type TumblingWindows, windowStart } from '../../windows/tumbling.ts'
import { type Late, type PaneTiming, paneOf, type WindowResult } from '../../windows/window-result.ts'
import type { KeySelector, Operator, OperatorContext, OperatorSpec, SnapshotScope } from '../operator.ts'

/** Name of the side output of records that came too late. */
export const LATE_OUTPUT = 'late'

export interface WindowAggregateOptions<T> {
  readonly key: KeySelector<T>
  readonly windows: TumblingWindows
  /** Ms of event time for which a window still takes records after the watermark has passed its end. */
  readonly allowedLatenessMs: number
  /** Wall-clock ms without a record after which open windows emit what they have; undefined: only the watermark closes them. */
  readonly emitWhenQuietMs?: number | undefined
}

/**
 * Aggregates per key and tumbling window, with the semantics of Flink's WindowOperator and EventTimeTrigger:
 *
 * - window [s, e) emits when the watermark reaches e - 1, between exactly those two records where it does;
 * - a record behind the watermark whose window is within the allowed lateness is added and its window emits again at once;
 * - when e - 1 + lateness is reached the window is forgotten, and later records for it go to the late output.
 */
export function windowAggregate<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  options: WindowAggregateOptions<T>,
): OperatorSpec<T, WindowResult<K, R>> {
  const { key, windows, allowedLatenessMs, emitWhenQuietMs } = options
  return {
    kind: 'windowAggregate',
    stateful: true,
    needsEventTime: true,
    key,
    sideOutputs: [LATE_OUTPUT],
    ...(emitWhenQuietMs === undefined ? {} : { quietAfterMs: emitWhenQuietMs }),
    detail: [
      windows.name,
      aggregate.kind,
      `allowed lateness ${formatDuration(allowedLatenessMs)}`,
      ...(emitWhenQuietMs === undefined ? [] : [`emits after ${formatDuration(emitWhenQuietMs)} of quiet`]),
    ].join('; '),
    start: context => new WindowAggregateOperator<K, T, R>(aggregate, options, context),
  }
}

class WindowAggregateOperator<K extends Key, T, R> implements Operator<T> {
  readonly #keyOf: (value: T) => Key
  readonly #windows: TumblingWindows
  readonly #lateness: number
  readonly #context: OperatorContext<WindowResult<K, R>>
  readonly #accumulator: Accumulator<T, R>
  readonly #table: SlotTable
  readonly #results = new BatchBuilder<WindowResult<K, R>>()
  readonly #lateRecords = new BatchBuilder<Late<T>>()
  #slots = new Int32Array(INITIAL_CAPACITY)
  #watermark = Number.NEGATIVE_INFINITY
  /** The watermark that is being moved to while windows emit; else the watermark. */
  #reached = Number.NEGATIVE_INFINITY
  #idle = false
  /** The next watermark at which a window emits or is forgotten. */
  #nextEvent = Number.POSITIVE_INFINITY
  /** The window of the last record, while it is open; what the fast loop works on. */
  #current: WindowSlots | undefined

  constructor(
    aggregate: Aggregate<T, R>,
    options: WindowAggregateOptions<T>,
    context: OperatorContext<WindowResult<K, R>>,
  ) {
    this.#keyOf = options.key.of
    this.#windows = options.windows
    this.#lateness = options.allowedLatenessMs
    this.#context = context
    const accumulator = aggregate.start(INITIAL_CAPACITY)
    this.#accumulator = accumulator
    this.#table = new SlotTable(
      INITIAL_CAPACITY,
      capacity => accumulator.grow(capacity),
      slot => accumulator.reset(slot),
    )
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
    this.#finish(batch)
  }

  onQuiet(): void {
    for (const window of this.#table.windows()) {
      if (this.#endOf(window) - 1 <= this.#watermark) continue
      const emitted = this.#fire(window, 'quiet')
      if (emitted > 0) this.#context.metrics.quietFirings++
      // That they were emitted is part of the state: after a restore they must not be emitted once more for nothing.
      for (const slot of slotsOf(window)) this.#table.mark(slot, CHANGED)
    }
    if (this.#results.size > 0) this.#context.output.push(this.#results.take(this.#watermark, this.#idle))
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    const changes = this.#table.takeChanges()
    state
      .uint8(STATE_VERSION)
      .uint8(scope === 'all' ? 1 : 0)
      .float64(this.#watermark)
    const closed = scope === 'all' ? [] : changes.closed
    state.uint(closed.length)
    for (const start of closed) state.float64(start)
    const slots = scope === 'all' ? this.#table.windows().flatMap(window => [...slotsOf(window)]) : changes.slots
    state.uint(slots.length)
    for (const slot of slots) {
      state.float64(this.#table.start(slot)).text(encodeKey(this.#table.key(slot)))
      state.uint8(this.#table.flags[slot]! & UNFIRED).uint(this.#table.firings[slot]!)
      this.#accumulator.write(slot, state)
    }
  }

  restore(state: StateReader): void {
    const version = state.uint8()
    if (version > STATE_VERSION) {
      throw new StreamError(
        'CHECKPOINT_NEWER_VERSION',
        `${this.#context.name}: window state of version ${version}; this release reads ${STATE_VERSION}. Update the package.`,
      )
    }
    if (state.uint8() === 1) for (const window of this.#table.windows()) this.#table.closeWindow(window)
    this.#watermark = state.float64()
    for (let left = state.uint(); left > 0; left--) {
      const window = this.#table.window(state.float64())
      if (window !== undefined) this.#table.closeWindow(window)
    }
    for (let left = state.uint(); left > 0; left--) this.#restoreSlot(state, version)
    this.#recallFirings()
    // What was just read is stored already.
    this.#table.takeChanges()
    this.#current = undefined
    this.#scheduleNext()
  }

  /** That a window emitted when the watermark passed its end is not written again for each of its slots: it follows from the watermark. */
  #recallFirings(): void {
    this.#reached = this.#watermark
    for (const window of this.#table.windows()) {
      if (this.#endOf(window) - 1 > this.#watermark) break
      for (const slot of slotsOf(window)) {
        if ((this.#table.flags[slot]! & UNFIRED) === 0) continue
        this.#table.unmark(slot, UNFIRED)
        this.#table.countFiring(slot)
      }
    }
  }

  #restoreSlot(state: StateReader, version: number): void {
    const start = state.float64()
    const key = decodeKey(state.text())
    const window = this.#table.window(start) ?? this.#table.openWindow(start)
    const slot = this.#table.find(window, key) ?? this.#table.add(window, key)
    const unfired = state.uint8()
    this.#table.unmark(slot, UNFIRED)
    this.#table.mark(slot, unfired | CHANGED)
    // Version 1 did not count what a window had emitted.
    this.#table.firings[slot] = version < 2 ? 0 : state.uint()
    this.#accumulator.read(slot, state)
  }

  /** Finds slots as long as nothing special happens; returns where it does. */
  #runFast(batch: Batch<T>, from: number): number {
    const current = this.#current
    if (current === undefined) return from
    const { context, table } = { context: this.#context, table: this.#table }
    const to = findSlots(
      this.#keyOf,
      batch,
      from,
      this.#slots,
      table.flags,
      current.slots,
      current.start,
      current.start + this.#windows.sizeMs,
      this.#nextEvent,
      (cause, at) => context.fail(cause, batch, at),
    )
    if (to > from && batch.watermarks[to - 1]! > this.#watermark) this.#watermark = batch.watermarks[to - 1]!
    return to
  }

  /** Finds the slot of one record, whatever it is; returns from where on records are still to be added. */
  #place(batch: Batch<T>, added: number, at: number): number {
    const time = batch.times[at]!
    const start = windowStart(this.#windows, time)
    const lastTime = start + this.#windows.sizeMs - 1
    if (lastTime + this.#lateness <= this.#watermark) {
      this.#add(batch, added, at)
      this.#turnAway(batch, at, lastTime)
      return at + 1
    }
    const window = this.#table.window(start) ?? this.#open(start)
    const slot = this.#slotOf(window, batch, at)
    this.#table.mark(slot, CHANGED | UNFIRED)
    this.#slots[at] = slot
    if (lastTime > this.#watermark) {
      this.#current = window
      return added
    }
    // Within the allowed lateness: the window has emitted already, so it emits again at once, for this key.
    this.#add(batch, added, at + 1)
    this.#emit(window, slot, 'late')
    return at + 1
  }

  #slotOf(window: WindowSlots, batch: Batch<T>, at: number): number {
    try {
      const key = this.#keyOf(batch.values[at]!)
      // What is no key at all must not be taken for a tuple that prints alike.
      if (typeof key === 'object') checkKey(key)
      const found = this.#table.find(window, key)
      if (found !== undefined) return found
      checkKey(key)
      this.#context.checkOwner(key)
      return this.#table.add(window, key)
    } catch (cause) {
      return this.#context.fail(cause, batch, at)
    }
  }

  #open(start: number): WindowSlots {
    const window = this.#table.openWindow(start)
    this.#nextEvent = Math.min(this.#nextEvent, this.#eventAfter(window, this.#watermark))
    return window
  }

  #turnAway(batch: Batch<T>, at: number, lastTime: number): void {
    this.#context.metrics.lateRecords++
    if (this.#context.side(LATE_OUTPUT) === undefined) return
    const time = batch.times[at]!
    const late: Late<T> = {
      value: batch.values[at]!,
      time,
      watermark: this.#watermark,
      lateByMs: this.#watermark - lastTime - this.#lateness,
      reason: 'windowClosed',
    }
    this.#lateRecords.add(late, time, this.#watermark, batch.offsets[at]!)
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
    this.#reached = watermark
    for (const window of this.#table.windows()) {
      const lastTime = this.#endOf(window) - 1
      // Windows are in order of time, and no event of a window is before its end.
      if (lastTime > watermark) break
      if (lastTime > this.#watermark) this.#fire(window, 'onTime')
      if (lastTime + this.#lateness <= watermark) this.#table.closeWindow(window)
    }
    this.#watermark = watermark
    this.#current = undefined
    this.#scheduleNext()
  }

  #fire(window: WindowSlots, timing: PaneTiming): number {
    let emitted = 0
    for (const slot of slotsOf(window)) {
      if ((this.#table.flags[slot]! & UNFIRED) === 0) continue
      this.#emit(window, slot, timing)
      emitted++
    }
    return emitted
  }

  #emit(window: WindowSlots, slot: number, timing: PaneTiming): void {
    const end = this.#endOf(window)
    this.#table.unmark(slot, UNFIRED)
    const result: WindowResult<K, R> = {
      key: this.#table.key(slot) as K,
      start: window.start,
      end,
      value: this.#resultOf(slot),
      pane: paneOf(timing, this.#table.countFiring(slot), this.#isLast(timing, end)),
    }
    // The result goes before the watermark that released it, so it carries the one before.
    this.#results.add(result, end - 1, this.#watermark, Number.NaN)
  }

  /** No record can make the window emit again: it takes none behind its end, or the input has ended. */
  #isLast(timing: PaneTiming, end: number): boolean {
    return timing !== 'quiet' && end - 1 + this.#lateness <= this.#reached
  }

  #resultOf(slot: number): R {
    try {
      return this.#accumulator.result(slot)
    } catch (cause) {
      const { name } = this.#context
      throw new StreamError(
        'USER_FUNCTION_FAILED',
        `"${name}" could not make the result of a window: ${messageOf(cause)}`,
        {
          cause,
          place: { operator: name },
        },
      )
    }
  }

  /** After a batch: its last watermark, then everything that came of it. */
  #finish(batch: Batch<T>): void {
    const before = this.#watermark
    if (batch.watermark >= this.#nextEvent) this.#advance(batch.watermark)
    else if (batch.watermark > before) this.#watermark = batch.watermark
    this.#idle = batch.idle
    const late = this.#lateRecords
    const side = this.#context.side(LATE_OUTPUT)
    side?.push(late.take(this.#watermark, batch.idle, batch.origin))
    this.#context.output.push(this.#results.take(this.#watermark, batch.idle))
  }

  #endOf(window: WindowSlots): number {
    return window.start + this.#windows.sizeMs
  }

  #eventAfter(window: WindowSlots, watermark: number): number {
    const lastTime = this.#endOf(window) - 1
    return lastTime > watermark ? lastTime : lastTime + this.#lateness
  }

  #scheduleNext(): void {
    let next = Number.POSITIVE_INFINITY
    for (const window of this.#table.windows()) next = Math.min(next, this.#eventAfter(window, this.#watermark))
    this.#nextEvent = next
  }
}

/** The case that nearly every record is: same window as the one before, a key that is known there, nothing to emit first. */
function findSlots<T>(
  keyOf: (value: T) => Key,
  batch: Batch<T>,
  from: number,
  slots: Int32Array,
  flags: Uint8Array,
  known: ReadonlyMap<Key, number>,
  start: number,
  end: number,
  nextEvent: number,
  fail: (cause: unknown, at: number) => never,
): number {
  const { values, times, watermarks, size } = batch
  let i = from
  try {
    for (; i < size; i++) {
      const time = times[i]!
      if (watermarks[i]! >= nextEvent || !(time >= start && time < end)) return i
      const slot = known.get(keyOf(values[i]!))
      // 3: changed since the last snapshot and not emitted since, so there is nothing to mark.
      if (slot === undefined || flags[slot] !== 3) return i
      slots[i] = slot
    }
  } catch (cause) {
    fail(cause, i)
  }
  return size
}

const INITIAL_CAPACITY = 1024
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 2
