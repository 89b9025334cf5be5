import type { TimeWindow, WindowAssigner } from '../../windows/window-assigner.ts'
import type { PaneTiming } from '../../windows/window-result.ts'
import type { WindowEntry } from './window-entry.ts'
import type { WindowSpec } from './window-options.ts'

/** How far the watermark and the wall clock have come, and what that says of windows. */
export class WindowClock {
  /** The watermark that results go before: while windows emit, the one before theirs. */
  watermark = Number.NEGATIVE_INFINITY
  /** The watermark that is being moved to while windows emit; else the watermark. */
  reached = Number.NEGATIVE_INFINITY
  /** Wall-clock time, epoch ms. */
  now = Number.NEGATIVE_INFINITY
  /** True when windows go by the time of records, false when by the wall clock. */
  readonly byEventTime: boolean
  /** True when a window is forgotten because of the watermark. */
  readonly watermarkCloses: boolean
  readonly lateness: number
  readonly #assigner: WindowAssigner<never>

  constructor({
    assigner,
    allowedLatenessMs = 0,
    wallClock,
  }: Pick<WindowSpec<never>, 'assigner' | 'allowedLatenessMs' | 'wallClock'>) {
    this.#assigner = assigner
    this.byEventTime = assigner.time === 'event'
    this.watermarkCloses = this.byEventTime && wallClock?.alone !== true
    this.lateness = allowedLatenessMs
  }

  /** When a window is forgotten, on the clock that windows go by; +Infinity: never. */
  forgottenAt(window: TimeWindow): number {
    if (!this.byEventTime) return window.end
    if (!this.watermarkCloses) return Number.POSITIVE_INFINITY
    const time = window.end - 1 + this.lateness
    // Behind what a number can count exactly, it would be some other time.
    return time > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : time
  }

  /** True when the watermark has passed all that a record could still change. */
  isForgotten(window: TimeWindow): boolean {
    return this.byEventTime && this.forgottenAt(window) <= this.watermark
  }

  /** When the window is complete, on its clock. */
  endsAt(entry: WindowEntry): number {
    return this.byEventTime ? entry.lastTime : entry.window.end
  }

  /** True once its clock has reached its end. */
  isOver(entry: WindowEntry): boolean {
    return this.endsAt(entry) <= (this.byEventTime ? this.reached : this.now)
  }

  /** False for a time by which no window can be found. */
  isUsable(time: number): boolean {
    return this.#assigner.isTimeless === true || Number.isFinite(time)
  }

  /** Of what a record makes emit. A window without end is complete when its trigger says so. */
  recordTiming({ lastTime }: WindowEntry): PaneTiming {
    if (lastTime === Number.POSITIVE_INFINITY) return 'onTime'
    return this.byEventTime && lastTime <= this.reached ? 'late' : 'early'
  }

  /** Of what an event timer at `time` makes emit. */
  eventTimerTiming({ lastTime, wasComplete }: WindowEntry, time: number): PaneTiming {
    if (lastTime === Number.POSITIVE_INFINITY) return 'onTime'
    if (time < lastTime) return 'early'
    return wasComplete ? 'late' : 'onTime'
  }

  /** Of what a processing timer makes emit. */
  processingTimerTiming(entry: WindowEntry): PaneTiming {
    if (this.byEventTime) return this.recordTiming(entry)
    return this.isOver(entry) ? 'onTime' : 'early'
  }

  /** No further result of the window can follow: it takes no record any more, or a later result is about later records only. */
  isLast(entry: WindowEntry, timing: PaneTiming, purges: boolean): boolean {
    if (timing === 'wallClock') return true
    if (timing === 'quiet' || timing === 'early') return false
    if (this.reached === Number.POSITIVE_INFINITY) return !this.#hasTimerLeft(entry)
    if (entry.lastTime === Number.POSITIVE_INFINITY) return purges
    if (!this.byEventTime) return entry.forgottenAt <= this.now
    return entry.forgottenAt <= this.reached && !this.#hasTimerLeft(entry)
  }

  #hasTimerLeft({ eventTimers }: WindowEntry): boolean {
    return eventTimers.some(timer => timer.isOfTrigger && timer.time <= this.reached)
  }
}
