import type { Aggregate } from '../../aggregates/aggregate.ts'
import { StreamError } from '../../errors.ts'
import type { Key } from '../../state/key.ts'
import { formatDuration } from '../../time/duration.ts'
import type { Evictor } from '../../windows/evictors/evictor.ts'
import { atEnd } from '../../windows/triggers/at-end.ts'
import { never } from '../../windows/triggers/never.ts'
import type { Trigger } from '../../windows/triggers/trigger.ts'
import type { WindowAssigner } from '../../windows/window-assigner.ts'
import type { Pane } from '../../windows/window-result.ts'
import type { KeySelector } from '../operator.ts'

/** Windows as the operators take them; everything that is left out has its default. */
export interface WindowSpec<T> {
  /** Undefined: one window for all records, whatever their key. */
  readonly key: KeySelector<T> | undefined
  readonly assigner: WindowAssigner<T>
  readonly trigger?: Trigger<T> | undefined
  readonly evictor?: Evictor<T> | undefined
  /** Ms of event time for which a window still takes records after the watermark has passed its end. Default 0. */
  readonly allowedLatenessMs?: number
  readonly accumulation?: Accumulation
  /** Wall-clock ms without a record after which open windows emit what they have; undefined: never. */
  readonly emitWhenQuietMs?: number | undefined
  /** Lets the wall clock close windows. */
  readonly wallClock?: WallClockClosing | undefined
}

/**
 * What a result of a window that emits again has to do with the ones before: 'accumulate': it holds everything so far; 'discard': only what came since;
 * 'retract': everything so far, and the last result is taken back first.
 */
export type Accumulation = 'accumulate' | 'discard' | 'retract'

export interface WallClockClosing {
  /** True when the watermark closes no window at all. */
  readonly alone: boolean
  /** How long the wall clock waits behind a window's end, and behind its last record, ms. */
  readonly delayMs: number
}

/** What is computed over a window: an aggregate, a function over its records, or a function over the aggregate's result. */
export interface WindowComputation<T> {
  readonly aggregate?: Aggregate<T, unknown>
  readonly function?: WindowFunction<never, never, unknown>
}

/** Makes the results of a window, each time it emits: none, one or several. `contents` are its records, or the result of its aggregate. */
export type WindowFunction<K extends Key, A, R> = (contents: A, window: WindowContext<K>) => Iterable<R>

/** The window that a function works on. */
export interface WindowContext<K extends Key> {
  readonly key: K
  /** First millisecond of the window, epoch ms. */
  readonly start: number
  /** First millisecond behind the window, epoch ms. */
  readonly end: number
  readonly pane: Pane
  /** The watermark in effect, epoch ms; the one that released the result where one did. */
  readonly watermark: number
  /** The wall clock, epoch ms; -Infinity unless the window goes by it. */
  readonly processingTime: number
}

/** The trigger that windows have when none is named. */
export function defaultTrigger({ assigner, wallClock }: Pick<WindowSpec<never>, 'assigner' | 'wallClock'>): Trigger {
  if (assigner.isTimeless === true || wallClock?.alone === true) return never()
  return atEnd()
}

/** Throws for combinations that would not do what they say. */
export function checkWindows<T>(windows: WindowSpec<T>, computation: WindowComputation<T>): void {
  const { assigner, trigger, evictor, allowedLatenessMs = 0, emitWhenQuietMs, wallClock } = windows
  const { name } = assigner
  if (assigner.merges) {
    if (trigger !== undefined && trigger.onMerge === undefined) {
      throw invalid(`"${name}" merges windows, and the trigger "${trigger.name}" cannot. Give it an onMerge function.`)
    }
    if (evictor === undefined && computation.aggregate?.canMerge === false) {
      throw new StreamError(
        'AGGREGATE_INVALID',
        `"${name}" merges windows, and the aggregate "${computation.aggregate.kind}" cannot. Give it a merge function.`,
      )
    }
  }
  if (assigner.time === 'processing') {
    if (allowedLatenessMs > 0)
      throw invalid(`"${name}" goes by the wall clock, by which no record is late. Leave allowedLateness out.`)
    if (emitWhenQuietMs !== undefined || wallClock !== undefined)
      throw invalid(`"${name}" goes by the wall clock, which closes it anyway. Leave emitWhenQuiet and closeOn out.`)
    if (trigger?.usesEventTime === true)
      throw invalid(`"${name}" goes by the wall clock, and the trigger "${trigger.name}" by event time. Use one clock.`)
  }
  if (wallClock === undefined) return
  if (assigner.isTimeless === true)
    throw invalid(`"${name}" has no end at which the wall clock could close it. Leave closeOn out.`)
  if (wallClock.alone && allowedLatenessMs > 0)
    throw invalid(
      `with closeOn: 'wallClock' the watermark makes no record late. Leave allowedLateness out, or use 'either'.`,
    )
}

/** One line for explain(). */
export function describeWindows<T>(windows: WindowSpec<T>, computation: WindowComputation<T>): string {
  const { assigner, trigger, evictor, allowedLatenessMs = 0, accumulation = 'accumulate', wallClock } = windows
  const { emitWhenQuietMs } = windows
  return [
    `${assigner.name}${assigner.time === 'processing' ? ' of processing time' : ''}`,
    ...(computation.aggregate === undefined ? [] : [computation.aggregate.kind]),
    ...(computation.function === undefined ? [] : ['a function']),
    ...(trigger === undefined ? [] : [`emits ${trigger.name}`]),
    ...(evictor === undefined ? [] : [`keeps ${evictor.name}`]),
    ...(assigner.time === 'processing' ? [] : [`allowed lateness ${formatDuration(allowedLatenessMs)}`]),
    ...(accumulation === 'accumulate' ? [] : [accumulation]),
    ...(emitWhenQuietMs === undefined ? [] : [`emits after ${formatDuration(emitWhenQuietMs)} of quiet`]),
    ...(wallClock === undefined ? [] : [closing(wallClock)]),
  ].join('; ')
}

function closing({ alone, delayMs }: WallClockClosing): string {
  return `${alone ? 'closes' : 'closes at the latest'} ${formatDuration(delayMs)} behind its end by the wall clock`
}

function invalid(message: string): StreamError {
  return new StreamError('WINDOW_INVALID', message)
}
