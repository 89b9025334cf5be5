import { StreamError } from '../../errors.ts'
import type { Trigger } from './trigger.ts'

/**
 * Emits with a record that is more than `threshold` away from the last one that did, or from the first: `delta(then, now)` says how far. The state is
 * that record, so records must be plain data. It cannot merge. Flink's DeltaTrigger.
 */
export function delta<T>(threshold: number, distance: (then: T, now: T) => number): Trigger<T, T> {
  checkThreshold('delta(threshold)', threshold)
  return {
    name: `more than ${threshold} away`,
    onRecord(value, _time, context) {
      const then = context.state
      if (then !== undefined && !(distance(then, value) > threshold)) return 'continue'
      context.state = value
      return then === undefined ? 'continue' : 'fire'
    },
  }
}

export function checkThreshold(what: string, threshold: number): void {
  if (Number.isFinite(threshold)) return
  throw new StreamError('WINDOW_INVALID', `${what} takes a finite number; got ${threshold}.`)
}
