import { checkDuration } from './duration.ts'

/**
 * Finds out by probing whether something has been silent for longer than a time-out, with the semantics of Flink's
 * WatermarksWithIdleness.IdlenessTimer: the first probe behind an activity takes note of it, the next one starts the timer, and silence is what lasts
 * longer than the time-out from there. So however busy the prober was, it never takes its own absence for the silence of others.
 */
export class IdlenessTimer {
  readonly #timeoutMs: number
  #wasActive = false
  /** When the timer was started; NaN while it is not. */
  #since = Number.NaN

  constructor(timeoutMs: number) {
    checkDuration('IdlenessTimer(timeout)', timeoutMs)
    this.#timeoutMs = timeoutMs
  }

  activity(): void {
    this.#wasActive = true
  }

  /** True when it has been silent; `now` is milliseconds of a clock that never goes back. */
  checkIdle(now: number): boolean {
    if (this.#wasActive) {
      this.#wasActive = false
      this.#since = Number.NaN
      return false
    }
    if (Number.isNaN(this.#since)) {
      this.#since = now
      return false
    }
    return now - this.#since > this.#timeoutMs
  }
}
