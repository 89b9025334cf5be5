import { checkDuration, formatDuration } from '../../time/duration.ts'
import { mergeEarliest } from './every-event-time.ts'
import type { MergingTrigger, TriggerContext } from './trigger.ts'

/**
 * Emits at each multiple of `intervalMs` that the wall clock reaches while the window has records, and at no other time: a window whose end is no
 * multiple does not emit there. Put it into `afterEndOfWindow({ early })` for windows that do. Flink's ContinuousProcessingTimeTrigger.
 */
export function everyProcessingTime(intervalMs: number): MergingTrigger<unknown, number> {
  checkDuration('everyProcessingTime(interval)', intervalMs)

  function waitFrom(time: number, context: TriggerContext<number>): void {
    context.state = time + intervalMs
    context.setProcessingTimer(context.state)
  }

  return {
    name: `every ${formatDuration(intervalMs)} of processing time`,
    usesProcessingTime: true,
    onRecord(_value, _time, context) {
      if (context.state === undefined) waitFrom(Math.floor(context.processingTime / intervalMs) * intervalMs, context)
      return 'continue'
    },
    onProcessingTime(time, context) {
      if (time !== context.state) return 'continue'
      waitFrom(time, context)
      return 'fire'
    },
    onMerge(next, context) {
      mergeEarliest(next, context, time => context.setProcessingTimer(time))
    },
  }
}

/**
 * Emits `delayMs` of wall-clock time after the first record since it last emitted: a window that gets no record emits nothing. Flink SQL's
 * ProcessingTimeTriggers.every, the usual early firing.
 */
export function afterProcessingTime(delayMs: number): MergingTrigger<unknown, number> {
  checkDuration('afterProcessingTime(delay)', delayMs)
  return {
    name: `${formatDuration(delayMs)} of processing time after a record`,
    usesProcessingTime: true,
    onRecord(_value, _time, context) {
      if (context.state !== undefined) return 'continue'
      context.state = context.processingTime + delayMs
      context.setProcessingTimer(context.state)
      return 'continue'
    },
    onProcessingTime(time, context) {
      if (time !== context.state) return 'continue'
      context.state = undefined
      return 'fire'
    },
    onMerge(next, context) {
      mergeEarliest(next, context, time => context.setProcessingTimer(time))
    },
  }
}
