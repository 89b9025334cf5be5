import { checkDuration, formatDuration } from '../time/duration.ts'
import { checkOffset, windowStart } from './tumbling.ts'
import type { SlicedWindows, TimeDomain, TimeWindow } from './window-assigner.ts'

/**
 * Windows of one size that start every `slideMs`: they overlap where the slide is smaller than the size, and leave times out where it is larger
 * (sampling). A time belongs to as many as Flink's SlidingEventTimeWindows says.
 */
export interface SlidingWindows extends SlicedWindows {
  readonly sizeMs: number
  readonly slideMs: number
  /** Where windows start, counted from the epoch: 0 <= offset < slide. */
  readonly offsetMs: number
}

/** `size` and `slide` in ms; `offset` shifts all windows, its absolute value is below the slide. */
export function sliding(sizeMs: number, slideMs: number, offsetMs = 0, time: TimeDomain = 'event'): SlidingWindows {
  checkDuration('the size of a sliding window', sizeMs)
  checkDuration('the slide of a sliding window', slideMs)
  checkOffset('a sliding window', 'slide', slideMs, offsetMs)
  const starts = { sizeMs: slideMs, offsetMs: offsetMs < 0 ? offsetMs + slideMs : offsetMs }
  // In each slide one window starts at its beginning and one ends `inner` behind that, so at most two slices lie between: never the
  // size / gcd(size, slide) of slices of one length.
  const inner = sizeMs % slideMs

  // A run starts with a window and is at most as long as one.
  const run = { sizeMs: Math.floor(sizeMs / slideMs) * slideMs, offsetMs: starts.offsetMs }

  function windowsOf(at: number): TimeWindow[] {
    const windows: TimeWindow[] = []
    for (let start = windowStart(starts, at); start + sizeMs > at; start -= slideMs)
      windows.push({ start, end: start + sizeMs })
    return windows.reverse()
  }

  function sliceOf(at: number): TimeWindow | undefined {
    const start = windowStart(starts, at)
    if (inner === 0) return { start, end: start + slideMs }
    const middle = start + inner
    if (at < middle) return { start, end: middle }
    return sizeMs < slideMs ? undefined : { start: middle, end: start + slideMs }
  }

  return {
    sizeMs,
    slideMs,
    offsetMs: starts.offsetMs,
    name: `sliding ${formatDuration(sizeMs)} every ${formatDuration(slideMs)}`,
    time,
    merges: false,
    windowsOf: (_, at) => windowsOf(at),
    sliceOf,
    windowAfter(slice, at) {
      // The first window that ends after `at`, or the first one that holds the slice, where that is later.
      const start = windowStart(starts, Math.max(at, slice.end - 1) - sizeMs) + slideMs
      return start <= slice.start ? { start, end: start + sizeMs } : undefined
    },
    lastEndOf: slice => windowStart(starts, slice.start) + sizeMs,
    runOf: sizeMs <= slideMs ? undefined : at => windowStart(run, at),
  }
}
