import type { TimeDomain } from '../window-assigner.ts'
import { isEnd, waitForEnd } from './at-end.ts'
import {
  type MergingTrigger,
  statesOfPart,
  type Trigger,
  type TriggerContext,
  type TriggerDecision,
} from './trigger.ts'

export interface EarlyAndLate<E extends Trigger<never> = Trigger<never>, L extends Trigger<never> = Trigger<never>> {
  /** When the window emits before its end, with what it holds so far. Default: it does not. */
  readonly early?: E
  /** When it emits for records behind its end, within the allowed lateness. Default: at once for each. */
  readonly late?: L
}

/** Whether the window has emitted at its end; then what the early and the late trigger remember. */
type Parts = [boolean | undefined, unknown, unknown]

/**
 * Emits when the window is complete by its clock, besides by one trigger before and by another one behind it: Beam's AfterWatermark with early and late
 * firings, Flink SQL's afterEndOfWindow for both clocks. Merges when both can.
 */
export function afterEndOfWindow<T>(
  triggers?: EarlyAndLate<MergingTrigger<T>, MergingTrigger<T>>,
): MergingTrigger<T, Parts>
export function afterEndOfWindow<T>(triggers: EarlyAndLate<Trigger<T>, Trigger<T>>): Trigger<T, Parts>
export function afterEndOfWindow<T>({ early, late }: EarlyAndLate<Trigger<T>, Trigger<T>> = {}): Trigger<T, Parts> {
  const canMerge = [early, late].every(part => part === undefined || part.onMerge !== undefined)

  /** Asks the trigger of the phase that the window is in. */
  function ask(
    context: TriggerContext<Parts>,
    question: (trigger: Trigger<T>, part: TriggerContext) => TriggerDecision | undefined,
  ): TriggerDecision {
    const isLate = context.part<boolean>(0).state === true
    const trigger = isLate ? late : early
    if (trigger === undefined) return 'continue'
    return question(trigger, context.part(isLate ? 2 : 1)) ?? 'continue'
  }

  return {
    name: ['at the end', ...named('early', early), ...named('late', late)].join(', '),
    usesEventTime: [early, late].some(part => part?.usesEventTime === true),
    usesProcessingTime: [early, late].some(part => part?.usesProcessingTime === true),
    onRecord(value, time, context) {
      const hasFired = context.part<boolean>(0)
      // Where its first record comes late, the window is in its late phase from the start.
      if (context.isOver) hasFired.state = true
      if (hasFired.state === true && late === undefined) return 'fire'
      waitForEnd(context as TriggerContext<never>)
      return ask(context, (trigger, part) => trigger.onRecord(value, time, part))
    },
    onEventTime: (time, context) =>
      atItsEnd('event', time, context) ?? ask(context, (trigger, part) => trigger.onEventTime?.(time, part)),
    onProcessingTime: (time, context) =>
      atItsEnd('processing', time, context) ?? ask(context, (trigger, part) => trigger.onProcessingTime?.(time, part)),
    ...(canMerge
      ? {
          onMerge(states: readonly Parts[], context: TriggerContext<Parts>) {
            early?.onMerge?.(statesOfPart(states, 1), context.part(1))
            late?.onMerge?.(statesOfPart(states, 2), context.part(2))
            // The new window has another end, which it has still to reach.
            waitForEnd(context as TriggerContext<never>)
          },
        }
      : {}),
  }
}

/** Fires when the timer is the one of the window's end, which comes once. */
function atItsEnd(clock: TimeDomain, time: number, context: TriggerContext<Parts>): 'fire' | undefined {
  const hasFired = context.part<boolean>(0)
  if (hasFired.state === true || !isEnd(clock, time, context as TriggerContext<never>)) return undefined
  hasFired.state = true
  return 'fire'
}

function named(when: string, trigger: { readonly name: string } | undefined): string[] {
  return trigger === undefined ? [] : [`${when} ${trigger.name}`]
}
