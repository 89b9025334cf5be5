import { StreamError } from '../errors.ts'
import { checkDuration, formatDuration } from '../time/duration.ts'
import type { SlicedWindows, TimeDomain, TimeWindow } from './window-assigner.ts'

/** Windows of one size, side by side: each time belongs to exactly one. Each is one slice. */
export interface TumblingWindows extends SlicedWindows {
  readonly sizeMs: number
  /** Where windows start, counted from the epoch: 0 <= offset < size. */
  readonly offsetMs: number
}

/** `size` in ms; `offset` shifts all windows, e.g. hours(-1) for days that start at 23:00 UTC; its absolute value is below the size. */
export function tumbling(sizeMs: number, offsetMs = 0, time: TimeDomain = 'event'): TumblingWindows {
  checkDuration('the size of a tumbling window', sizeMs)
  checkOffset('a tumbling window', 'size', sizeMs, offsetMs)
  const shape = { sizeMs, offsetMs: offsetMs < 0 ? offsetMs + sizeMs : offsetMs }
  const windowOf = (at: number): TimeWindow => {
    const start = windowStart(shape, at)
    return { start, end: start + sizeMs }
  }
  return {
    ...shape,
    name: `tumbling ${formatDuration(sizeMs)}`,
    time,
    merges: false,
    windowsOf: (_, at) => [windowOf(at)],
    sliceOf: windowOf,
    ...SLICES_ARE_WINDOWS,
  }
}

/** For windows that stand side by side. */
export const SLICES_ARE_WINDOWS = {
  windowAfter: (slice: TimeWindow, time: number): TimeWindow | undefined => (slice.end > time ? slice : undefined),
  lastEndOf: (slice: TimeWindow): number => slice.end,
  runOf: undefined,
} as const

/** Throws WINDOW_INVALID unless the offset is a whole number of ms whose absolute value is below `boundMs`, the window's size, slide or the like. */
export function checkOffset(windows: string, bound: string, boundMs: number, offsetMs: number): void {
  if (Number.isSafeInteger(offsetMs) && Math.abs(offsetMs) < boundMs) return
  throw new StreamError(
    'WINDOW_INVALID',
    `the offset of ${windows} is a whole number of ms below its ${bound} of ${boundMs}; got ${offsetMs}.`,
  )
}

/** Start of the window that `time` belongs to: floored, also for times before 1970. */
export function windowStart({ sizeMs, offsetMs }: { sizeMs: number; offsetMs: number }, time: number): number {
  // Whole milliseconds first: among fractions the sums below would be rounded, and one window would have several starts.
  const whole = Math.floor(time)
  const remainder = (whole - offsetMs) % sizeMs
  return whole - (remainder < 0 ? remainder + sizeMs : remainder)
}
