import type { MergingTrigger, TriggerContext } from './trigger.ts'

/**
 * The default of event-time windows: emits when the watermark reaches the last millisecond of the window, and again at once for each record that
 * comes later, within the allowed lateness. Flink's EventTimeTrigger.
 */
export function atEnd(): MergingTrigger<unknown, never> {
  return EVENT_TIME
}

const EVENT_TIME: MergingTrigger<unknown, never> = {
  name: 'at the end by event time',
  usesEventTime: true,
  onRecord(_value, _time, context) {
    if (context.lastTime <= context.watermark) return 'fire'
    context.setEventTimer(context.lastTime)
    return 'continue'
  },
  onEventTime: (time, context) => (time === context.lastTime ? 'fire' : 'continue'),
  onMerge(_states, context) {
    waitForEnd(context)
  },
}

/** Behind the watermark no timer is set: the record that merged the windows makes them emit, and they shall not emit twice. */
export function waitForEnd(context: TriggerContext<never>): void {
  if (context.lastTime > context.watermark) context.setEventTimer(context.lastTime)
}
