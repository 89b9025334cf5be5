/** What a keyed window emits. The record's own time is `end - 1`, the last millisecond that belongs to the window. */
export interface WindowResult<K, R> {
  readonly key: K
  /** First millisecond of the window, epoch ms. */
  readonly start: number
  /** First millisecond behind the window, epoch ms. */
  readonly end: number
  readonly value: R
  readonly pane: Pane
}

/**
 * Why a window emitted, and which of its results this is, counted from 0. `isLast` is true where no other can follow; where it is false, one may.
 */
export type Pane =
  /** Before the watermark passed the window's end, because a trigger asked for it. */
  | { readonly timing: 'early'; readonly index: number; readonly isLast: false }
  /** The watermark passed the window's end; or what made the window complete, where it has no end. */
  | { readonly timing: 'onTime'; readonly index: number; readonly isLast: boolean }
  /** A record came behind the watermark, within the allowed lateness. */
  | { readonly timing: 'late'; readonly index: number; readonly isLast: boolean }
  /** The input was quiet by the wall clock; the window stays open. */
  | { readonly timing: 'quiet'; readonly index: number; readonly isLast: false }
  /** The wall clock closed the window, as `closeOn` allows. */
  | { readonly timing: 'wallClock'; readonly index: number; readonly isLast: true }

export type PaneTiming = Pane['timing']

/** A record that came too late for its window or join. */
export interface Late<T> {
  readonly value: T
  /** The record's event time, epoch ms. */
  readonly time: number
  /** The watermark it came behind, epoch ms. */
  readonly watermark: number
  /** How far it was behind the last moment at which it would have been taken, ms; at least 0. */
  readonly lateByMs: number
  readonly reason: LateReason
}

export type LateReason =
  /** The watermark has passed the end of its window by the allowed lateness. */
  | 'windowClosed'
  /** The wall clock had closed its window before. */
  | 'closedByWallClock'
  /** No record of the other side can match it any more: the watermark has passed its time. */
  | 'joinPassed'
  /** Stream time has passed the end of one of its windows by the grace period, or its session's; `watermark` is then the stream time. */
  | 'graceOver'

/** Panes of a kind are shared: most windows emit once. */
export function paneOf(timing: PaneTiming, index: number, isLast: boolean): Pane {
  if (index >= SHARED) return Object.freeze({ timing, index, isLast } as Pane)
  const at = index * 2 + (isLast ? 1 : 0)
  return (PANES[timing][at] ??= Object.freeze({ timing, index, isLast } as Pane))
}

/** Panes with a lower index are made once. */
const SHARED = 4
const PANES: Readonly<Record<PaneTiming, Pane[]>> = { early: [], onTime: [], late: [], quiet: [], wallClock: [] }
