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

/** Why a window emitted. A later pane of the same key and window replaces the earlier one: values are absolute. */
export type Pane =
  /** The watermark passed the window's end. */
  | { readonly timing: 'onTime' }
  /** The input was quiet by the wall clock; the window stays open. */
  | { readonly timing: 'quiet' }
  /** A record came behind the watermark, within the allowed lateness. */
  | { readonly timing: 'late' }

/** A record that came too late for its window. */
export interface Late<T> {
  readonly value: T
  /** The record's event time, epoch ms. */
  readonly time: number
  /** The watermark it came behind, epoch ms. */
  readonly watermark: number
  /** How far it was behind the last moment at which its window would have taken it; at least 0. */
  readonly lateByMs: number
}

export const ON_TIME: Pane = Object.freeze({ timing: 'onTime' })
export const QUIET: Pane = Object.freeze({ timing: 'quiet' })
export const LATE: Pane = Object.freeze({ timing: 'late' })
