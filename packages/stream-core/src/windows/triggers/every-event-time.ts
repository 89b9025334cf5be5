import { checkDuration, formatDuration } from '../../time/duration.ts'
import type { MergingTrigger, TriggerContext } from './trigger.ts'

/**
 * Emits at each multiple of `intervalMs` that the watermark reaches while the window has records, at the window's end, and at once for each later
 * record within the allowed lateness. Merging windows keeps the earliest of their next times. Flink's ContinuousEventTimeTrigger.
 */
export function everyEventTime(intervalMs: number): MergingTrigger<unknown, number> {
  checkDuration('everyEventTime(interval)', intervalMs)

  /** Goes on from `time` to the next multiple, but never past the window's end, which is waited for anyway. */
  function waitFrom(time: number, context: TriggerContext<number>): void {
    // The end of the input reaches every multiple, of which a window without end has no last one.
    const isOver = context.watermark === Number.POSITIVE_INFINITY && context.endsAt === Number.POSITIVE_INFINITY
    context.state = isOver ? context.endsAt : Math.min(time + intervalMs, context.endsAt)
    context.setEventTimer(context.state)
  }

  return {
    name: `every ${formatDuration(intervalMs)} of event time`,
    usesEventTime: true,
    onRecord(_value, time, context) {
      if (context.isOver) return 'fire'
      context.setEventTimer(context.endsAt)
      if (context.state === undefined) waitFrom(Math.floor(time / intervalMs) * intervalMs, context)
      return 'continue'
    },
    onEventTime(time, context) {
      if (time === context.endsAt) return 'fire'
      if (time !== context.state) return 'continue'
      waitFrom(time, context)
      return 'fire'
    },
    onMerge(next, context) {
      mergeEarliest(next, context, time => context.setEventTimer(time))
    },
  }
}

/** Of the next times of merged windows, the earliest counts. */
export function mergeEarliest(
  next: readonly number[],
  context: TriggerContext<number>,
  setTimer: (time: number) => void,
): void {
  if (next.length === 0) return
  const earliest = next.reduce((a, b) => Math.min(a, b))
  context.state = earliest
  setTimer(earliest)
}
