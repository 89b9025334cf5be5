import type { TimeDomain, TimeWindow } from '../window-assigner.ts'

/** What a trigger wants: nothing, that the window emits what it holds, that it forgets it, or first the one and then the other. */
export type TriggerDecision = 'continue' | 'fire' | 'purge' | 'fireAndPurge'

/**
 * Says when a window emits, as Flink's Trigger. A value without state of its own: what it must remember of a window it keeps in `context.state`,
 * which is plain data and part of checkpoints. `S` is the type of that state.
 *
 * It replaces the default trigger as a whole: one that never answers 'fire' at a window's end means that the window does not emit there. Timers
 * and state of a window are gone when the window is forgotten; a purge leaves them.
 */
export interface Trigger<T = unknown, S = unknown> {
  /** For explain(), e.g. `every 100 records`. */
  readonly name: string
  /** True when it sets event timers or asks for the watermark: the stream then needs event time. */
  readonly usesEventTime?: boolean
  /** True when it sets processing timers or asks for the wall clock: results then depend on when the job ran. */
  readonly usesProcessingTime?: boolean
  /** Called for each record, once it is in the window. `time` is its event time, NaN where it has none. */
  onRecord(value: T, time: number, context: TriggerContext<S>): TriggerDecision
  /** Called when the watermark reaches an event timer of the window. With a trigger made of others, each hears of the timers of all. */
  onEventTime?(time: number, context: TriggerContext<S>): TriggerDecision
  /** Called when the wall clock reaches a processing timer of the window. */
  onProcessingTime?(time: number, context: TriggerContext<S>): TriggerDecision
  /**
   * Windows have become one, whose `context` has neither state nor timers yet: sets them from the states of the windows that it was made of, those
   * that had any, in order of time. `onRecord` follows, for the record that made them touch. A trigger without it is for windows that never merge.
   */
  onMerge?(states: readonly S[], context: TriggerContext<S>): void
}

/** A trigger that works in windows that merge, such as sessions. */
export interface MergingTrigger<T = unknown, S = unknown> extends Trigger<T, S> {
  onMerge(states: readonly S[], context: TriggerContext<S>): void
}

/** One window of one key, as its trigger sees it. Valid during one call only. */
export interface TriggerContext<S = unknown> {
  readonly window: TimeWindow
  /** Which clock the window goes by. */
  readonly clock: TimeDomain
  /** When it is complete on its clock: by event time its last millisecond, by the wall clock its end. +Infinity where it has none. */
  readonly endsAt: number
  /** When it is forgotten on its clock: `endsAt` and the allowed lateness. */
  readonly forgottenAt: number
  /** True once its clock has reached `endsAt`. */
  readonly isOver: boolean
  /** The watermark in effect, epoch ms; -Infinity before any. */
  readonly watermark: number
  /** The wall clock, epoch ms; -Infinity unless the trigger says that it uses it. */
  readonly processingTime: number
  /** What the trigger remembers of this window; undefined at first. Set it anew to change it: what is changed inside is not noticed. */
  state: S | undefined
  /** Sets a timer on the window's own clock. */
  setTimer(time: number): void
  /** The same time twice is one timer. One at or behind the watermark fires when the watermark moves next. */
  setEventTimer(time: number): void
  deleteEventTimer(time: number): void
  setProcessingTimer(time: number): void
  deleteProcessingTimer(time: number): void
  /** The context for part `index` of a trigger made of others: the same window, its own piece of the state. */
  part<P>(index: number): TriggerContext<P>
}

/** States of part `index` of a trigger made of others, of those windows where the part has one; for `onMerge`. */
export function statesOfPart<P>(states: readonly (readonly unknown[])[], index: number): P[] {
  return states.map(parts => parts[index]).filter(state => state !== undefined) as P[]
}
