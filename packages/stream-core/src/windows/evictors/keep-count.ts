import { checkCount } from '../triggers/every-count.ts'
import type { EvictionTime, Evictor } from './evictor.ts'

/** Keeps the last `count` records, in order of arrival. Flink's CountEvictor. */
export function keepCount(count: number, when: EvictionTime = 'before'): Evictor {
  checkCount('keepCount(count)', count)
  return {
    name: `${when === 'after' ? 'afterwards ' : ''}the last ${count} records`,
    when,
    keep: records => (records.length <= count ? records : records.slice(-count)),
  }
}
