import type { Batch } from '../../batch/batch.ts'
import { reachPoint } from '../../crash-points.ts'
import { messageOf, StreamError } from '../../errors.ts'
import { checkKey, type Key, ownKey } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { Trigger } from '../../windows/triggers/trigger.ts'
import type { TimeWindow, WindowAssigner } from '../../windows/window-assigner.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import { entrySweep } from '../entry-sweep.ts'
import type {
  Inspection,
  InspectionAnswer,
  Operator,
  OperatorContext,
  OperatorSpec,
  SnapshotScope,
  StateSweep,
} from '../operator.ts'
import { inspectWindows } from './inspect-windows.ts'
import { LateRecords } from './late-records.ts'
import { placeWindow } from './merging-windows.ts'
import { TriggerScope } from './trigger-scope.ts'
import { WallClock } from './wall-clock.ts'
import { WindowClock } from './window-clock.ts'
import type { WindowContents } from './window-contents.ts'
import { WindowEntries } from './window-entries.ts'
import { WindowEntry } from './window-entry.ts'
import { WindowFiring } from './window-firing.ts'
import {
  checkWindows,
  defaultTrigger,
  describeWindows,
  type WindowComputation,
  type WindowSpec,
} from './window-options.ts'
import { LATE_OUTPUT } from './window-output.ts'
import { readWindows, type StoredWindows, type WindowClocks, writeStoredWindows, writeWindows } from './window-state.ts'
import { WindowTimers } from './window-timers.ts'

/**
 * Windows of any kind, with any trigger and evictor, with the semantics of Flink's WindowOperator and EvictingWindowOperator:
 *
 * - a record is added to each of its windows that is not forgotten yet; only one that all of them are closed for is late;
 * - where windows merge, lateness is judged on what the record's window becomes; contents, counts and timers are merged;
 * - the trigger is asked for each record and each of its timers; a window with no record in it emits nothing;
 * - a window is forgotten when the watermark reaches its last millisecond and the allowed lateness, or the wall clock its end.
 */
export function windowProcess<T, R>(
  windows: WindowSpec<T>,
  computation: WindowComputation<T>,
): OperatorSpec<T, WindowResult<Key, R>> {
  checkWindows(windows, computation)
  const { assigner, key, emitWhenQuietMs } = windows
  const trigger = windows.trigger ?? defaultTrigger(windows)
  const byEventTime = assigner.time === 'event' && assigner.isTimeless !== true
  return {
    kind: 'window',
    stateful: true,
    needsEventTime: byEventTime || trigger.usesEventTime === true,
    usesProcessingTime:
      assigner.time === 'processing' || trigger.usesProcessingTime === true || windows.wallClock !== undefined,
    ...(key === undefined ? {} : { key }),
    sideOutputs: [LATE_OUTPUT],
    ...(emitWhenQuietMs === undefined ? {} : { quietAfterMs: emitWhenQuietMs }),
    detail: describeWindows(windows, computation),
    start: context => new WindowOperator<T>(windows, trigger, computation, context) as Operator<T>,
  }
}

class WindowOperator<T> implements Operator<T>, StoredWindows {
  readonly name: string
  readonly entries = new WindowEntries()
  readonly contents: WindowContents<T>
  readonly eventTimers = new WindowTimers(entry => entry.eventTimers)
  readonly processingTimers = new WindowTimers(entry => entry.processingTimers)
  readonly #keyOf: (value: T) => Key
  readonly #assigner: WindowAssigner<T>
  readonly #trigger: Trigger<T>
  readonly #firing: WindowFiring<T>
  readonly #clock: WindowClock
  readonly #wallClock: WallClock | undefined
  readonly #context: OperatorContext<WindowResult<Key, unknown>>
  readonly #scope: TriggerScope
  readonly #late: LateRecords<T>
  #idle = false
  /** Timers were restored, and are not in their queues yet. */

  constructor(
    windows: WindowSpec<T>,
    trigger: Trigger<T>,
    computation: WindowComputation<T>,
    context: OperatorContext<WindowResult<Key, unknown>>,
  ) {
    this.name = context.name
    this.#keyOf = windows.key?.of ?? (() => ALL)
    this.#assigner = windows.assigner
    this.#trigger = trigger
    this.#clock = new WindowClock(windows)
    this.#wallClock = windows.wallClock === undefined ? undefined : new WallClock(windows.wallClock)
    this.#late = new LateRecords(this.#clock, this.#wallClock)
    this.#context = context
    this.#scope = new TriggerScope(trigger, this.#clock, this.eventTimers, this.processingTimers)
    this.#firing = new WindowFiring(windows, computation, this.#clock, context.fail)
    this.contents = this.#firing.contents
  }

  onBatch(batch: Batch<T>): void {
    const { watermarks, size } = batch
    for (let i = 0; i < size; i++) {
      if (watermarks[i]! > this.#clock.watermark) this.#advance(watermarks[i]!)
      try {
        this.#place(batch, i)
      } catch (cause) {
        this.#context.fail(cause, batch, i)
      }
    }
    if (batch.watermark > this.#clock.watermark) this.#advance(batch.watermark)
    this.#idle = batch.idle
    this.#context.side(LATE_OUTPUT)?.push(this.#late.take(batch))
    this.#push()
  }

  onProcessingTime(time: number): void {
    if (time > this.#clock.now) this.#clock.now = time
    this.#guard(() => {
      for (let timer = this.processingTimers.take(time); timer; timer = this.processingTimers.take(time)) {
        const { entry } = timer
        this.entries.touch(entry)
        if (timer.isOfTrigger && this.#trigger.onProcessingTime !== undefined)
          this.#firing.apply(
            entry,
            this.#trigger.onProcessingTime(timer.time, this.#scope.at(entry)),
            this.#clock.processingTimerTiming(entry),
          )
        if (!this.#clock.byEventTime && timer.time === entry.forgottenAt) this.remove(entry)
        else this.#removeIfVacant(entry)
      }
      for (let entry = this.#wallClock?.take(time); entry; entry = this.#wallClock?.take(time))
        this.#closeByClock(entry)
    })
    if (this.#firing.results.batch.size > 0) this.#push()
  }

  get nextProcessingTime(): number {
    return Math.min(this.processingTimers.nextTime, this.#wallClock?.nextTime ?? Number.POSITIVE_INFINITY)
  }

  onQuiet(): void {
    this.#guard(() => {
      let window: TimeWindow | undefined
      for (const entry of this.entries.inOrder()) {
        if (!entry.isFresh || entry.lastTime <= this.#clock.watermark || !this.#firing.fire(entry, 'quiet', false))
          continue
        this.entries.touch(entry)
        if (window?.start !== entry.window.start || window.end !== entry.window.end)
          this.#context.metrics.quietFirings++
        window = entry.window
      }
    })
    if (this.#firing.results.batch.size > 0) this.#push()
  }

  inspect(question: Inspection): InspectionAnswer | undefined {
    return inspectWindows(question, this.entries, {
      assigner: this.#assigner,
      watermark: this.#clock.watermark,
      watermarkCloses: this.#clock.watermarkCloses,
      closedUpTo: this.#wallClock?.closedUpTo,
      lateness: this.#clock.lateness,
    })
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    writeWindows(state, this, this.#clocks(), scope === 'all')
  }

  sweep(): StateSweep {
    return entrySweep(this.entries, (state, entries) => writeStoredWindows(state, this, this.#clocks(), entries))
  }

  restore(state: StateReader): void {
    const { watermark, now, closedUpTo } = readWindows(state, this)
    this.#clock.watermark = this.#clock.reached = watermark
    this.#clock.now = now
    if (this.#wallClock !== undefined) this.#wallClock.closedUpTo = closedUpTo
  }

  restored(): void {
    this.eventTimers.refill(this.entries)
    this.processingTimers.refill(this.entries)
    this.#wallClock?.reset(this.entries)
  }

  open(key: Key, window: TimeWindow): WindowEntry {
    const lastTime = window.end - 1
    const entry = new WindowEntry(ownKey(key), window, lastTime, this.#clock.forgottenAt(window))
    this.entries.add(entry)
    return entry
  }

  remove(entry: WindowEntry): void {
    this.contents.clear(entry)
    this.eventTimers.deleteAll(entry)
    this.processingTimers.deleteAll(entry)
    this.entries.remove(entry)
  }

  #clocks(): WindowClocks {
    return {
      watermark: this.#clock.watermark,
      now: this.#clock.now,
      closedUpTo: this.#wallClock?.closedUpTo ?? Number.NEGATIVE_INFINITY,
    }
  }

  /** Adds a record to its windows, or turns it away. */
  #place(batch: Batch<T>, at: number): void {
    const value = batch.values[at]!
    const key = this.#keyOf(value)
    if (typeof key === 'object' || !this.entries.hasKey(key)) {
      checkKey(key)
      if (!this.entries.hasKey(key)) this.#context.checkOwner(key)
    }
    const windows = this.#windowsOf(batch, at)
    let isTaken = false
    for (const window of windows) {
      const entry = this.#assigner.merges ? this.#entryMerging(key, window) : this.#entryFor(key, window)
      if (entry === undefined) continue
      isTaken = true
      this.#addTo(entry, batch, at)
    }
    if (!isTaken && windows.length > 0) this.#turnAway(batch, at, windows)
  }

  #windowsOf(batch: Batch<T>, at: number): readonly TimeWindow[] {
    const assigner = this.#assigner
    const time = this.#clock.byEventTime ? batch.times[at]! : this.#clock.now
    if (!this.#clock.isUsable(time)) {
      throw new StreamError(
        'EVENT_TIME_INVALID',
        `"${assigner.name}" windows need records with a time; got ${time}. Results of a window without end have none: call withEventTime() again.`,
      )
    }
    const windows = assigner.windowsOf(batch.values[at]!, time)
    const isSampling = 'sliceOf' in assigner
    if (!Array.isArray(windows) || (windows.length === 0 && !isSampling)) {
      throw new StreamError(
        'WINDOW_INVALID',
        `the assigner "${assigner.name}" of "${this.name}" gave the record at ${time} no window. Return at least one, or filter such records before.`,
      )
    }
    return windows
  }

  #entryFor(key: Key, window: TimeWindow): WindowEntry | undefined {
    if (this.#clock.isForgotten(window)) return undefined
    const found = this.entries.find(key, window)
    if (found !== undefined) return found
    if (this.#isClosedByClock(window)) return undefined
    return this.#openFor(key, window)
  }

  /** The entry that a record's window becomes part of; open ones that it overlaps or touches are merged into it. */
  #entryMerging(key: Key, own: TimeWindow): WindowEntry | undefined {
    const { window, members, covering } = placeWindow(this.entries, key, own)
    if (covering !== undefined) return covering
    if (members.length > 0) return this.#merge(key, window, members)
    if (this.#clock.isForgotten(window) || this.#isClosedByClock(window)) return undefined
    return this.#openFor(key, window)
  }

  #merge(key: Key, window: TimeWindow, members: readonly WindowEntry[]): WindowEntry {
    const merged = new WindowEntry(ownKey(key), window, window.end - 1, this.#clock.forgottenAt(window))
    const states: unknown[] = []
    for (const member of members) {
      this.contents.merge(merged, member)
      if (member.triggerState !== undefined) states.push(member.triggerState)
      merged.firings = Math.max(merged.firings, member.firings)
      merged.emitted.push(...member.emitted)
      merged.touchedAt = Math.max(merged.touchedAt, member.touchedAt)
      merged.wasComplete ||= member.wasComplete && merged.lastTime <= this.#clock.reached
      this.remove(member)
    }
    this.entries.add(merged)
    this.#trigger.onMerge?.(states, this.#scope.at(merged))
    this.#wallClock?.watch(merged)
    return merged
  }

  #openFor(key: Key, window: TimeWindow): WindowEntry {
    if (!(window.end >= window.start)) {
      throw new StreamError(
        'WINDOW_INVALID',
        `the assigner "${this.#assigner.name}" of "${this.name}" gave a window from ${window.start} to ${window.end}. Its end is not before its start.`,
      )
    }
    const entry = this.open(key, window)
    if (this.#wallClock !== undefined) {
      entry.touchedAt = this.#clock.now
      this.#wallClock.watch(entry)
    }
    return entry
  }

  #addTo(entry: WindowEntry, batch: Batch<T>, at: number): void {
    this.contents.add(entry, batch, at)
    entry.isFresh = true
    entry.touchedAt = this.#clock.now
    this.entries.touch(entry)
    const decision = this.#trigger.onRecord(batch.values[at]!, batch.times[at]!, this.#scope.at(entry))
    if (decision !== 'continue') this.#firing.apply(entry, decision, this.#clock.recordTiming(entry))
    if (entry.forgottenAt < Number.POSITIVE_INFINITY) {
      const timers = this.#clock.byEventTime ? this.eventTimers : this.processingTimers
      timers.set(entry, entry.forgottenAt, false)
    }
    this.#removeIfVacant(entry)
  }

  /** Emits and forgets what the watermark completes. */
  #advance(watermark: number): void {
    this.#clock.reached = watermark
    if (this.eventTimers.nextTime <= watermark) {
      reachPoint('windows-firing')
      this.#guard(() => {
        for (let timer = this.eventTimers.take(watermark); timer; timer = this.eventTimers.take(watermark))
          this.#onEventTimer(timer.entry, timer.time, timer.isOfTrigger)
      })
      reachPoint('windows-fired')
    }
    if (watermark === Number.POSITIVE_INFINITY) this.#guard(() => this.#end())
    this.#clock.watermark = watermark
  }

  #onEventTimer(entry: WindowEntry, time: number, isOfTrigger: boolean): void {
    this.entries.touch(entry)
    if (isOfTrigger && this.#trigger.onEventTime !== undefined)
      this.#firing.apply(
        entry,
        this.#trigger.onEventTime(time, this.#scope.at(entry)),
        this.#clock.eventTimerTiming(entry, time),
      )
    if (this.#clock.byEventTime && time === entry.forgottenAt) this.remove(entry)
    else this.#removeIfVacant(entry)
  }

  /** Behind the end of the input no clock closes a window any more: what only a clock would have closed emits now. */
  #end(): void {
    if (this.#clock.watermarkCloses) return
    for (const entry of this.entries.inOrder()) {
      if (this.#assigner.isTimeless === true) continue
      this.#firing.fire(entry, 'onTime', true)
      this.remove(entry)
    }
  }

  #closeByClock(entry: WindowEntry): void {
    // What the watermark has passed waits for its lateness.
    if (this.#clock.watermarkCloses && entry.lastTime <= this.#clock.watermark) return
    this.#firing.fire(entry, 'wallClock', true)
    this.#wallClock?.close(entry)
    this.#context.metrics.wallClockClosings++
    this.remove(entry)
  }

  #isClosedByClock(window: TimeWindow): boolean {
    return this.#wallClock !== undefined && window.end <= this.#wallClock.closedUpTo
  }

  #removeIfVacant(entry: WindowEntry): void {
    if (this.#assigner.isTimeless === true && entry.isVacant) this.remove(entry)
  }

  #turnAway(batch: Batch<T>, at: number, windows: readonly TimeWindow[]): void {
    this.#context.metrics.lateRecords++
    if (this.#context.side(LATE_OUTPUT) !== undefined) this.#late.add(batch, at, windows)
  }

  #push(): void {
    const results = this.#firing.results.batch.take(this.#clock.watermark, this.#idle)
    this.#context.output.push(results as Batch<WindowResult<Key, unknown>>)
  }

  /** Says where something went wrong that no single record is the cause of. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (cause) {
      if (cause instanceof StreamError) throw cause
      throw new StreamError(
        'USER_FUNCTION_FAILED',
        `"${this.name}" could not make the result of a window: ${messageOf(cause)}`,
        { cause, place: { operator: this.name } },
      )
    }
  }
}

/** The key of windows over all records. */
export const ALL = 'all'
