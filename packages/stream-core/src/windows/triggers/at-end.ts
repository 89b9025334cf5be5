import type { MergingTrigger, TriggerContext } from './trigger.ts'

/**
 * The default: emits when the window is complete by its clock, and again at once for each record that comes later, within the allowed lateness.
 * Flink's EventTimeTrigger and ProcessingTimeTrigger. A window without end is complete at the end of the input.
 */
export function atEnd(): MergingTrigger<unknown, never> {
  return AT_END
}

const AT_END: MergingTrigger<unknown, never> = {
  name: 'at the end',
  onRecord(_value, _time, context) {
    if (context.isOver) return 'fire'
    context.setTimer(context.endsAt)
    return 'continue'
  },
  onEventTime: (time, context) => (isEnd('event', time, context) ? 'fire' : 'continue'),
  onProcessingTime: (time, context) => (isEnd('processing', time, context) ? 'fire' : 'continue'),
  onMerge(_states, context) {
    waitForEnd(context)
  },
}

/** Once the window is over no timer is set: the record that merged the windows makes them emit, and they shall not emit twice. */
export function waitForEnd(context: TriggerContext<never>): void {
  if (!context.isOver) context.setTimer(context.endsAt)
}

/** True for the timer that `waitForEnd` set: the same number on the other clock is some other time. */
export function isEnd(clock: 'event' | 'processing', time: number, context: TriggerContext<never>): boolean {
  return context.clock === clock && time === context.endsAt
}
