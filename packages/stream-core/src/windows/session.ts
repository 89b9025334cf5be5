import { StreamError } from '../errors.ts'
import { checkDuration, formatDuration } from '../time/duration.ts'
import type { TimeDomain, TimeWindow, WindowAssigner } from './window-assigner.ts'

/** Says after how many ms without a record a session ends: the same for all records, or its own for each. */
export type SessionGap<T> = number | ((value: T) => number)

/** Windows that last as long as records of the key follow each other: [first, last + gap). Those that overlap or only touch are one. */
export interface SessionWindows<T> extends WindowAssigner<T> {
  readonly merges: true
  /** The gap behind a record, ms. Throws WINDOW_INVALID for one that is no whole number above 0. */
  readonly gapOf: (value: T) => number
  /** The gap where it is the same for all records. */
  readonly gapMs: number | undefined
}

/** A gap in ms, or a function of the record (Flink's dynamic gap); a shorter gap of a later record never shortens a session. */
export function sessions<T>(gap: SessionGap<T>, time: TimeDomain = 'event'): SessionWindows<T> {
  const isFixed = typeof gap !== 'function'
  if (isFixed) checkDuration('the gap of a session window', gap)
  const gapOf = isFixed ? () => gap : (value: T) => checked(gap(value))
  return {
    name: isFixed ? `session gap ${formatDuration(gap)}` : 'session gap by record',
    time,
    merges: true,
    gapOf,
    gapMs: isFixed ? gap : undefined,
    windowsOf(value, at) {
      const start = Math.floor(at)
      return [{ start, end: start + gapOf(value) }]
    },
  }
}

/** True when two windows overlap or touch, so that sessions become one (Flink's TimeWindow.intersects). */
export function windowsIntersect(a: TimeWindow, b: TimeWindow): boolean {
  return a.start <= b.end && b.start <= a.end
}

/** Windows that become one, in order of their start, and what they become. */
export interface MergedWindows {
  readonly members: readonly TimeWindow[]
  readonly result: TimeWindow
}

/** Finds the windows that overlap or touch, directly or by way of others. Those that stay alone are left out, and equal ones count once. */
export function mergeWindows(windows: readonly TimeWindow[]): MergedWindows[] {
  const groups: { members: TimeWindow[]; result: TimeWindow }[] = []
  for (const window of [...windows].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const group = groups.at(-1)
    if (group === undefined || !windowsIntersect(group.result, window)) {
      groups.push({ members: [window], result: window })
      continue
    }
    group.result = { start: group.result.start, end: Math.max(group.result.end, window.end) }
    const before = group.members.at(-1)!
    if (before.start !== window.start || before.end !== window.end) group.members.push(window)
  }
  return groups.filter(({ members }) => members.length > 1)
}

function checked(gapMs: number): number {
  if (Number.isSafeInteger(gapMs) && gapMs > 0) return gapMs
  throw new StreamError(
    'WINDOW_INVALID',
    `the gap of a session is a whole number of milliseconds, at least 1; the function of the record gave ${String(gapMs)}.`,
  )
}
