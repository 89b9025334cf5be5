import type { MergingTrigger } from './trigger.ts'

/**
 * Emits once, when no record can change the result any more: the watermark has passed the window's end and the allowed lateness. What Kafka Streams
 * calls `suppress(untilWindowCloses)`. Without allowed lateness it is what windows do by default.
 */
export function onlyFinal(): MergingTrigger<unknown, never> {
  return ONLY_FINAL
}

const ONLY_FINAL: MergingTrigger<unknown, never> = {
  name: 'only the final result',
  usesEventTime: true,
  onRecord(_value, _time, context) {
    context.setEventTimer(context.forgottenAt)
    return 'continue'
  },
  onEventTime: (time, context) => (time === context.forgottenAt ? 'fire' : 'continue'),
  onMerge(_states, context) {
    context.setEventTimer(context.forgottenAt)
  },
}
