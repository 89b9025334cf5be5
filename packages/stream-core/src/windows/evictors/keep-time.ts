import { checkDuration, formatDuration } from '../../time/duration.ts'
import type { EvictionTime, Evictor } from './evictor.ts'

/**
 * Keeps records less than `spanMs` behind the highest event time in the window: neither the watermark nor the clock counts. Records without event time
 * all stay. Flink's TimeEvictor.
 */
export function keepTime(spanMs: number, when: EvictionTime = 'before'): Evictor {
  checkDuration('keepTime(span)', spanMs)
  return {
    name: `${when === 'after' ? 'afterwards ' : ''}the last ${formatDuration(spanMs)}`,
    when,
    keep(records) {
      if (Number.isNaN(records[0]!.time)) return records
      const highest = records.reduce((max, { time }) => Math.max(max, time), Number.NEGATIVE_INFINITY)
      return records.filter(({ time }) => time > highest - spanMs)
    },
  }
}
