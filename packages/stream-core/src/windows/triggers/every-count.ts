import { StreamError } from '../../errors.ts'
import type { MergingTrigger, Trigger } from './trigger.ts'

/**
 * Emits with every `count`-th record of the window, and at no other time: not at the window's end either. Merging windows adds their counts.
 * Flink's CountTrigger.
 */
export function everyCount(count: number): MergingTrigger<unknown, number> {
  checkCount('everyCount(count)', count)
  return {
    name: count === 1 ? 'every record' : `every ${count} records`,
    onRecord(_value, _time, context) {
      const seen = (context.state ?? 0) + 1
      context.state = seen >= count ? undefined : seen
      return seen >= count ? 'fire' : 'continue'
    },
    onMerge(counts, context) {
      const seen = counts.reduce((sum, one) => sum + one, 0)
      if (seen > 0) context.state = seen
    },
  }
}

/** Emits with each record. */
export function everyRecord(): MergingTrigger<unknown, never> {
  return EVERY_RECORD
}

/** Emits with the record of number `first`, and with every `every`-th from there on: what makes count windows complete. Never forgets its count. */
export function countFrom(first: number, every: number): Trigger<unknown, number> {
  return {
    name: `record ${first}, then every ${every} records`,
    onRecord(_value, _time, context) {
      const seen = (context.state ?? 0) + 1
      context.state = seen
      return seen >= first && (seen - first) % every === 0 ? 'fire' : 'continue'
    },
  }
}

export function checkCount(what: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return
  throw new StreamError('WINDOW_INVALID', `${what} takes a whole number of records, at least 1; got ${count}.`)
}

const EVERY_RECORD: MergingTrigger<unknown, never> = {
  name: 'every record',
  onRecord: () => 'fire',
  onMerge() {},
}
