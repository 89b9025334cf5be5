import type { Clock } from '@rtp/stream-core/extend'

export interface ManualClock extends Clock {
  /** Moves time on; timers that come due fire in the order of their times, each at its own. */
  advance(ms: number): void
  /** Sets wall-clock time alone, forwards or back, as when a machine's clock is corrected. */
  jumpTo(epochMs: number): void
  /** Timers that have not fired. */
  readonly pending: number
  /**
   * Advances from timer to timer until the promise settles, and gives its outcome. In between, the process may do what it can without time
   * passing; work that waits for the outside world (files, sockets) is not waited for.
   */
  runUntil<R>(outcome: Promise<R>): Promise<R>
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that stands still until it is told to move. */
export function manualClock(startEpochMs = 0): ManualClock {
  let elapsed = 0
  let start = startEpochMs
  let timers: Timer[] = []

  function nextTimer(): Timer | undefined {
    // The first of the earliest: timers of one moment fire in the order in which they were set.
    return timers.reduce<Timer | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    )
  }

  const clock: ManualClock = {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    after(delayMs, callback) {
      const timer = { at: elapsed + Math.max(0, delayMs), callback }
      timers.push(timer)
      return () => {
        timers = timers.filter(other => other !== timer)
      }
    },
    advance(ms) {
      const end = elapsed + ms
      for (let timer = nextTimer(); timer !== undefined && timer.at <= end; timer = nextTimer()) {
        const due = timer
        timers = timers.filter(other => other !== due)
        elapsed = due.at
        due.callback()
      }
      elapsed = end
    },
    jumpTo(epochMs) {
      start = epochMs - elapsed
    },
    get pending() {
      return timers.length
    },
    async runUntil(outcome) {
      let isSettled = false
      const settle = () => {
        isSettled = true
      }
      outcome.then(settle, settle)
      while (!isSettled) {
        await new Promise(resolve => setImmediate(resolve))
        const timer = isSettled ? undefined : nextTimer()
        if (timer !== undefined) clock.advance(timer.at - elapsed)
      }
      return outcome
    },
  }
  return clock
}
