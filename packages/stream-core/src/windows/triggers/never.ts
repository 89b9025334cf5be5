import type { MergingTrigger } from './trigger.ts'

/** Never emits: for a global window that is only there for what `emitWhenQuiet` makes of it, and what a window without end has by default. */
export function never(): MergingTrigger<unknown, never> {
  return NEVER
}

const NEVER: MergingTrigger<unknown, never> = { name: 'never', onRecord: () => 'continue', onMerge() {} }
