import type { Accumulator, Aggregate } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import { reachPoint } from '../../crash-points.ts'
import { checkKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { SessionWindows } from '../../windows/session.ts'
import { NO_SLOT, SessionTable } from '../../windows/session-table.ts'
import { CHANGED, UNFIRED } from '../../windows/slot-table.ts'
import { type PaneTiming, paneOf, type WindowResult } from '../../windows/window-result.ts'
import { entrySweep } from '../entry-sweep.ts'
import type { Inspection, InspectionAnswer, Operator, OperatorContext, SnapshotScope, StateSweep } from '../operator.ts'
import { describeWait } from './describe-wait.ts'
import type { SessionAggregateOptions } from './session-aggregate.ts'
import { SessionState } from './session-state.ts'
import { WindowOutput } from './window-output.ts'

export class SessionOperator<K extends Key, T, R> implements Operator<T> {
  readonly #keyOf: (value: T) => Key
  readonly #windows: SessionWindows<T>
  readonly #lateness: number
  readonly #context: OperatorContext<WindowResult<K, R>>
  readonly #accumulator: Accumulator<T, R>
  readonly #sessions: SessionTable
  readonly #output: WindowOutput<K, T, R>
  readonly #state: SessionState
  #slots = new Int32Array(INITIAL_CAPACITY)
  #watermark = Number.NEGATIVE_INFINITY
  #idle = false

  constructor(
    aggregate: Aggregate<T, R>,
    options: SessionAggregateOptions<T>,
    context: OperatorContext<WindowResult<K, R>>,
  ) {
    this.#keyOf = options.key.of
    this.#windows = options.windows
    this.#lateness = options.allowedLatenessMs
    this.#context = context
    this.#accumulator = aggregate.start(INITIAL_CAPACITY)
    this.#sessions = new SessionTable(INITIAL_CAPACITY, this.#accumulator)
    this.#output = new WindowOutput(context, this.#accumulator)
    this.#state = new SessionState(context.name, this.#sessions, this.#accumulator)
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
      if (watermark >= this.#sessions.nextTimer) {
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
    if (batch.watermark >= this.#sessions.nextTimer) this.#advance(batch.watermark)
    else if (batch.watermark > this.#watermark) this.#watermark = batch.watermark
    this.#idle = batch.idle
    this.#output.finish(this.#watermark, batch)
  }

  onQuiet(): void {
    const { ends, slots } = this.#sessions
    const news: number[] = []
    this.#sessions.eachSlot(slot => {
      if (ends[slot]! - 1 > this.#watermark && (slots.flags[slot]! & UNFIRED) !== 0) news.push(slot)
    })
    for (const slot of this.#sessions.inOrder(news)) {
      this.#emit(slot, 'quiet', false)
      // That it was emitted is part of the state: after a restore it must not be emitted once more for nothing.
      slots.mark(slot, CHANGED)
    }
    this.#context.metrics.quietFirings += news.length
    this.#output.flush(this.#watermark, this.#idle)
  }

  inspect({ key, windowStart }: Inspection): InspectionAnswer | undefined {
    const { starts, ends } = this.#sessions
    let first: number | undefined
    this.#sessions.eachSlot(slot => {
      if (key !== undefined && this.#sessions.keys.get(key) === undefined) return
      if (key !== undefined && !this.#sessions.touching(key, starts[slot]!, ends[slot]!).includes(slot)) return
      if (windowStart !== undefined && starts[slot] !== windowStart) return
      if (first === undefined || ends[slot]! < ends[first]!) first = slot
    })
    if (first === undefined) return undefined
    return describeWait({ start: starts[first]!, end: ends[first]! }, this.#watermark, 1)
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#state.write(state, scope, this.#watermark)
  }

  sweep(): StateSweep {
    return entrySweep(this.#sessions.ofKeys(), (state, slots) =>
      this.#state.writeOpen(state, slots.flat(), this.#watermark),
    )
  }

  restore(state: StateReader): void {
    this.#watermark = this.#state.read(state)
    // What was just read is stored already.
    this.#sessions.slots.takeChanges()
  }

  restored(): void {
    this.#state.restored()
    const { ends, slots } = this.#sessions
    this.#sessions.eachSlot(slot => {
      // That a session emitted when the watermark passed its end is not written again: it follows from the watermark.
      if (ends[slot]! - 1 <= this.#watermark && (slots.flags[slot]! & UNFIRED) !== 0) {
        slots.unmark(slot, UNFIRED)
        slots.countFiring(slot)
      }
      this.#sessions.setTimer(slot, this.#eventAfter(slot, this.#watermark))
    })
  }

  /** Finds slots as long as records belong to the only session of a key, which the watermark has not passed. Returns where something else comes. */
  #runFast(batch: Batch<T>, from: number): number {
    const { values, times, watermarks, size } = batch
    const sessions = this.#sessions
    const { starts, ends, next, slots: table } = sessions
    const { flags } = table
    const known = sessions.keys.plain
    const nextTimer = sessions.nextTimer
    const { gapMs, gapOf } = this.#windows
    const keyOf = this.#keyOf
    const found = this.#slots
    let i = from
    try {
      for (; i < size; i++) {
        const watermark = watermarks[i]!
        if (watermark >= nextTimer) break
        const slot = known.get(keyOf(values[i]!))
        if (slot === undefined || next[slot] !== NO_SLOT) break
        const start = Math.floor(times[i]!)
        const end = start + (gapMs ?? gapOf(values[i]!))
        const ownEnd = ends[slot]!
        if (!(start <= ownEnd && end >= starts[slot]!) || ownEnd - 1 <= watermark) break
        if (end > ownEnd) ends[slot] = end
        if (start < starts[slot]!) starts[slot] = start
        if (flags[slot] !== NEW_AND_CHANGED) table.mark(slot, NEW_AND_CHANGED)
        found[i] = slot
      }
    } catch (cause) {
      this.#context.fail(cause, batch, i)
    }
    if (i > from && watermarks[i - 1]! > this.#watermark) this.#watermark = watermarks[i - 1]!
    return i
  }

  /** Finds the session of one record, whatever it is; returns from where on records are still to be added. */
  #place(batch: Batch<T>, added: number, at: number): number {
    let key: Key
    let end: number
    const start = Math.floor(batch.times[at]!)
    try {
      const value = batch.values[at]!
      key = this.#keyOf(value)
      checkKey(key)
      end = start + this.#windows.gapOf(value)
      if (this.#sessions.keys.get(key) === undefined) this.#context.checkOwner(key)
    } catch (cause) {
      return this.#context.fail(cause, batch, at)
    }
    const members = this.#sessions.touching(key, start, end)
    const lastTime = end - 1 + this.#lateness
    if (members.length === 0 && lastTime <= this.#watermark) {
      this.#add(batch, added, at)
      this.#output.turnAway(batch, at, this.#watermark, lastTime)
      return at + 1
    }
    if (members.length > 1) this.#add(batch, added, at)
    const slot = this.#become(members, key, start, end)
    this.#slots[at] = slot
    this.#sessions.slots.mark(slot, NEW_AND_CHANGED)
    const isPassed = this.#sessions.ends[slot]! - 1 <= this.#watermark
    this.#sessions.setTimer(slot, this.#eventAfter(slot, this.#watermark))
    if (!isPassed) return members.length > 1 ? at : added
    this.#add(batch, members.length > 1 ? at : added, at + 1)
    this.#emit(slot, 'late', false)
    return at + 1
  }

  /** The session that a record's window and those that it touches become. */
  #become([slot, ...others]: readonly number[], key: Key, start: number, end: number): number {
    const sessions = this.#sessions
    if (slot === undefined) return sessions.open(key, start, end)
    const { slots } = sessions
    for (const other of others) {
      this.#accumulator.merge(slot, other)
      slots.firings[slot] = Math.max(slots.firings[slot]!, slots.firings[other]!)
      slots.firsts[slot] = Math.min(slots.firsts[slot]!, slots.firsts[other]!)
      sessions.ends[slot] = Math.max(sessions.ends[slot]!, sessions.ends[other]!)
      this.#state.close(other)
    }
    sessions.starts[slot] = Math.min(sessions.starts[slot]!, start)
    sessions.ends[slot] = Math.max(sessions.ends[slot]!, end)
    return slot
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
    const sessions = this.#sessions
    const before = this.#watermark
    const due: number[] = []
    for (let slot = sessions.takeTimer(watermark); slot !== undefined; slot = sessions.takeTimer(watermark)) {
      const event = this.#eventAfter(slot, before)
      if (event > watermark) sessions.setTimer(slot, event)
      else due.push(slot)
    }
    for (const slot of sessions.inOrder(due)) {
      const lastTime = sessions.ends[slot]! - 1
      const isOver = lastTime + this.#lateness <= watermark
      if (lastTime > before && (sessions.slots.flags[slot]! & UNFIRED) !== 0) this.#emit(slot, 'onTime', isOver)
      if (isOver) this.#state.close(slot)
      else sessions.setTimer(slot, lastTime + this.#lateness)
    }
    this.#watermark = watermark
    reachPoint('windows-fired')
  }

  /** The next watermark behind `watermark` at which the session emits or is forgotten. */
  #eventAfter(slot: number, watermark: number): number {
    const lastTime = this.#sessions.ends[slot]! - 1
    return lastTime > watermark ? lastTime : lastTime + this.#lateness
  }

  #emit(slot: number, timing: PaneTiming, isLast: boolean): void {
    const { slots, starts, ends } = this.#sessions
    slots.unmark(slot, UNFIRED)
    const pane = paneOf(timing, slots.countFiring(slot), isLast)
    this.#output.emit(slots.key(slot), starts[slot]!, ends[slot]!, slot, pane, this.#watermark)
  }
}

/** Changed since the last snapshot and not emitted since. */
const NEW_AND_CHANGED = CHANGED | UNFIRED
const INITIAL_CAPACITY = 1024
