import { StreamError } from '../errors.ts'
import { checkDuration } from '../time/duration.ts'

/**
 * How long state is kept that nobody needs, as Flink's StateTtlConfig: of a list or map, each element or entry for itself. It goes away without
 * another record of its key, and is then neither in memory nor in checkpoints.
 */
export interface StateTtl {
  /** Ms from the last access; the state has expired when the clock reaches the sum. */
  readonly ms: number
  /** What counts as an access: writing, or reading too. Default 'onWrite'. */
  readonly update?: 'onWrite' | 'onRead'
  /**
   * 'eventTime': an access has the time of the record or timer, or the watermark's where that is ahead; the watermark makes state expire, as if it
   * passed through the times of all timers on its way. 'processingTime': the wall clock, so that results depend on when the job ran.
   */
  readonly clock: TtlClock
  /** 'untilCleanup': expired state can be read until it is cleaned up, which is a sixteenth of `ms` later at most. Default 'never'. */
  readonly visibility?: 'never' | 'untilCleanup'
}

export type TtlClock = 'eventTime' | 'processingTime'

/** Refuses a TTL that means nothing. */
export function checkTtl({ ms, update = 'onWrite', clock, visibility = 'never' }: StateTtl): void {
  checkDuration('the ttl of a state', ms)
  const isKnown =
    ['onWrite', 'onRead'].includes(update) &&
    ['eventTime', 'processingTime'].includes(clock) &&
    ['never', 'untilCleanup'].includes(visibility)
  if (isKnown) return
  throw new StreamError(
    'STATE_INVALID',
    `the ttl of a state has update 'onWrite' or 'onRead', clock 'eventTime' or 'processingTime', visibility 'never' or 'untilCleanup'; got ${update}, ${clock}, ${visibility}.`,
  )
}

/** State whose last access was at or before this has expired, and cannot be read, when the clock stands at `now`. */
export function expiredUpTo(ttl: StateTtl, now: number): number {
  return (ttl.visibility === 'untilCleanup' ? cleanedUpTo(ttl, now) : now) - ttl.ms
}

/**
 * When what was accessed at `time` is looked for and taken away: the end of a step of the clock, so that all that expires in the step is found at
 * once. Part of the rules, not of the implementation: until then, 'untilCleanup' shows it.
 */
export function cleanupTime(ttl: StateTtl, time: number): number {
  const step = cleanupStep(ttl)
  return Math.ceil((time + ttl.ms) / step) * step
}

/** What expired at or before this has been cleaned up. */
function cleanedUpTo(ttl: StateTtl, now: number): number {
  const step = cleanupStep(ttl)
  return Math.floor(now / step) * step
}

function cleanupStep({ ms }: StateTtl): number {
  return Math.ceil(ms / 16)
}
