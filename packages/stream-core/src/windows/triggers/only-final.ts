import type { MergingTrigger, TriggerContext, TriggerDecision } from './trigger.ts'

/**
 * Emits once, when no record can change the result any more: the watermark has passed the window's end and the allowed lateness. What Kafka Streams
 * calls `suppress(untilWindowCloses)`. Without allowed lateness it is what windows do by default.
 */
export function onlyFinal(): MergingTrigger<unknown, never> {
  return ONLY_FINAL
}

const ONLY_FINAL: MergingTrigger<unknown, never> = {
  name: 'only the final result',
  onRecord(_value, _time, context) {
    context.setTimer(context.forgottenAt)
    return 'continue'
  },
  onEventTime: (time, context) => whenFinal('event', time, context),
  onProcessingTime: (time, context) => whenFinal('processing', time, context),
  onMerge(_states, context) {
    context.setTimer(context.forgottenAt)
  },
}

function whenFinal(clock: 'event' | 'processing', time: number, context: TriggerContext<never>): TriggerDecision {
  return context.clock === clock && time === context.forgottenAt ? 'fire' : 'continue'
}
