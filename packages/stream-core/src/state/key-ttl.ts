import { StreamError } from '../errors.ts'
import { checkDuration, formatDuration } from '../time/duration.ts'

/**
 * How long the state of a key is kept that no record writes to, in ms. By wall clock (`{ wallClock: hours(1) }`), what is forgotten depends on
 * when the job runs; by event time (`{ eventTime: hours(1) }`), on the records alone. State is forgotten as soon as the clock reaches last
 * write + TTL, as with Flink's OnCreateAndWrite and NeverReturnExpired.
 */
export type KeyTtl = { readonly wallClock: number } | { readonly eventTime: number }

/** Throws DURATION_INVALID or STATE_INVALID unless `ttl` says one clock and a time. */
export function checkTtl(ttl: KeyTtl): void {
  const clocks = Object.keys(ttl)
  if (clocks.length !== 1 || !(clocks[0] === 'wallClock' || clocks[0] === 'eventTime')) {
    throw new StreamError(
      'STATE_INVALID',
      `ttl names ${clocks.length === 0 ? 'no clock' : clocks.join(' and ')}. Write { wallClock: hours(1) } or { eventTime: hours(1) }.`,
    )
  }
  checkDuration(`ttl.${clocks[0]}`, ttlMs(ttl))
}

export function ttlMs(ttl: KeyTtl): number {
  return 'wallClock' in ttl ? ttl.wallClock : ttl.eventTime
}

/** For explain(). */
export function ttlText(ttl: KeyTtl): string {
  return `state kept ${formatDuration(ttlMs(ttl))} by ${'wallClock' in ttl ? 'wall clock' : 'event time'}`
}
