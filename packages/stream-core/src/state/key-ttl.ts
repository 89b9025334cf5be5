import { formatDuration } from '../time/duration.ts'
import { checkTtl, type StateTtl } from './state-ttl.ts'

/**
 * How long the state of a key is kept that no record writes to: it is forgotten as a whole when the clock reaches last write + `ms`, as with
 * Flink's OnCreateAndWrite and NeverReturnExpired.
 */
export type KeyTtl = Pick<StateTtl, 'ms' | 'clock'>

/** Refuses a TTL that means nothing. */
export function checkKeyTtl({ ms, clock }: KeyTtl): void {
  checkTtl({ ms, clock })
}

/** For explain(). */
export function ttlText({ ms, clock }: KeyTtl): string {
  return `state kept ${formatDuration(ms)} by ${clock === 'eventTime' ? 'event time' : 'wall clock'}`
}
