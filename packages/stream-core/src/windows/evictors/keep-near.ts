import { checkThreshold } from '../triggers/delta.ts'
import type { EvictionTime, Evictor } from './evictor.ts'

/** Keeps records less than `threshold` away from the last one: `distance(then, last)` says how far. Flink's DeltaEvictor. */
export function keepNear<T>(
  threshold: number,
  distance: (then: T, last: T) => number,
  when: EvictionTime = 'before',
): Evictor<T> {
  checkThreshold('keepNear(threshold)', threshold)
  return {
    name: `${when === 'after' ? 'afterwards ' : ''}records less than ${threshold} away`,
    when,
    keep(records) {
      const last = records.at(-1)!.value
      return records.filter(({ value }) => !(distance(value, last) >= threshold))
    },
  }
}
