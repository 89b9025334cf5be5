import type { MergingTrigger } from './trigger.ts'

/** The default of processing-time windows: emits when the wall clock reaches the end of the window. Flink's ProcessingTimeTrigger. */
export function atWallClockEnd(): MergingTrigger<unknown, never> {
  return PROCESSING_TIME
}

const PROCESSING_TIME: MergingTrigger<unknown, never> = {
  name: 'at the end by processing time',
  usesProcessingTime: true,
  onRecord(_value, _time, context) {
    context.setProcessingTimer(context.window.end)
    return 'continue'
  },
  onProcessingTime: (time, context) => (time === context.window.end ? 'fire' : 'continue'),
  onMerge(_states, context) {
    context.setProcessingTimer(context.window.end)
  },
}
