import { StreamError } from '../errors.ts'
import type { KeySelector } from '../operators/operator.ts'
import type { Accumulation, WallClockClosing, WindowSpec } from '../operators/windows/window-options.ts'
import { checkDuration } from '../time/duration.ts'
import type { Evictor } from '../windows/evictors/evictor.ts'
import type { Trigger } from '../windows/triggers/trigger.ts'
import type { WindowAssigner } from '../windows/window-assigner.ts'
import type { Named } from './named.ts'

/** What all windows can be told. `G` is the kind of trigger that suits them. */
export interface FiringOptions<T, M extends Accumulation, G extends Trigger<T>> extends Named {
  /** When windows emit, instead of at their end. */
  readonly trigger?: G
  /** Takes records out of a window when it emits. */
  readonly evictor?: Evictor<T>
  /**
   * What a further result of a window has to do with the ones before: 'accumulate' (default): everything so far; 'discard': what came since the last one;
   * 'retract': a stream of changes, in which the last result is taken back before the new one comes.
   */
  readonly accumulation?: M
}

interface EventTimeOptions {
  /** 'event' (default): windows go by the times of records and by watermarks. */
  readonly time?: 'event'
  /** Ms of event time for which a window still takes records after the watermark has passed its end; each makes it emit again. Default 0. */
  readonly allowedLateness?: number
  /**
   * Wall-clock ms without any record after which open windows emit what they have, and stay open. Default: never, since only the watermark
   * makes results independent of when the job ran.
   */
  readonly emitWhenQuiet?: number
}

interface ClosedByWatermark {
  /**
   * What closes windows. 'watermark' (default). 'either': also the wall clock, `wallClockDelay` behind a window's end. 'wallClock': it alone. A window
   * that the wall clock closes emits its final result once, and what comes later for it is late.
   */
  readonly closeOn?: 'watermark'
}

interface ClosedByWallClock {
  readonly closeOn: 'wallClock' | 'either'
  /** Ms that the wall clock waits behind a window's end, and behind the last record in it, before it closes the window. */
  readonly wallClockDelay: number
}

interface ProcessingTimeOptions {
  /** Windows go by the wall clock: a record belongs to the window in which it arrives, no record is late. */
  readonly time: 'processing'
}

/** Options of windows that know no time of their own: an assigner brings it. */
export type WindowOptions<
  T = unknown,
  M extends Accumulation = Accumulation,
  G extends Trigger<T> = Trigger<T>,
> = FiringOptions<T, M, G> & Omit<EventTimeOptions, 'time'> & (ClosedByWatermark | ClosedByWallClock)

/** Options of windows in event time or in processing time. */
export type TimedWindowOptions<T = unknown, M extends Accumulation = Accumulation, G extends Trigger<T> = Trigger<T>> =
  | (FiringOptions<T, M, G> & EventTimeOptions & (ClosedByWatermark | ClosedByWallClock))
  | (FiringOptions<T, M, G> & ProcessingTimeOptions)

/** All options of all windows, as they are read here. */
type AnyOptions<T> = FiringOptions<T, Accumulation, Trigger<T>> & {
  readonly allowedLateness?: number
  readonly emitWhenQuiet?: number
  readonly closeOn?: 'watermark' | 'wallClock' | 'either'
  readonly wallClockDelay?: number
}

/** Checks options and gives them to the operator in its own words. */
export function windowSpec<T>(
  key: KeySelector<T> | undefined,
  assigner: WindowAssigner<T>,
  options: AnyOptions<T>,
): WindowSpec<T> {
  const { trigger, evictor, accumulation = 'accumulate', allowedLateness = 0, emitWhenQuiet } = options
  checkDuration('allowedLateness', allowedLateness, { zero: true })
  if (emitWhenQuiet !== undefined) checkDuration('emitWhenQuiet', emitWhenQuiet)
  return {
    key,
    assigner,
    trigger,
    evictor,
    accumulation,
    allowedLatenessMs: allowedLateness,
    emitWhenQuietMs: emitWhenQuiet,
    wallClock: closing(options),
  }
}

function closing<T>({ closeOn = 'watermark', wallClockDelay }: AnyOptions<T>): WallClockClosing | undefined {
  if (closeOn === 'watermark') {
    if (wallClockDelay === undefined) return undefined
    throw new StreamError('WINDOW_INVALID', "wallClockDelay is for closeOn: 'wallClock' or 'either'. Name one of them.")
  }
  checkDuration('wallClockDelay', wallClockDelay ?? Number.NaN, { zero: true })
  return { alone: closeOn === 'wallClock', delayMs: wallClockDelay! }
}
