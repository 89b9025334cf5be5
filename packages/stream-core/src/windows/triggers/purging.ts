import type { MergingTrigger, Trigger, TriggerDecision } from './trigger.ts'

/** The same trigger; whenever the window emits, it forgets what it held, so that the next result has later records only. Flink's PurgingTrigger. */
export function purging<T, S>(trigger: MergingTrigger<T, S>): MergingTrigger<T, S>
export function purging<T, S>(trigger: Trigger<T, S>): Trigger<T, S>
export function purging<T, S>(trigger: Trigger<T, S>): Trigger<T, S> {
  const { onMerge } = trigger
  return {
    ...trigger,
    name: `${trigger.name}, purging`,
    onRecord: (value, time, context) => purged(trigger.onRecord(value, time, context)),
    onEventTime: (time, context) => purged(trigger.onEventTime?.(time, context)),
    onProcessingTime: (time, context) => purged(trigger.onProcessingTime?.(time, context)),
    ...(onMerge === undefined ? {} : { onMerge: (states, context) => trigger.onMerge?.(states, context) }),
  }
}

function purged(decision: TriggerDecision = 'continue'): TriggerDecision {
  return decision === 'fire' ? 'fireAndPurge' : decision
}
