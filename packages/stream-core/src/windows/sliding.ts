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

  /** Windows that hold all of [start, end), where no window starts or ends between. */
  function windowsAround({ start, end }: TimeWindow): TimeWindow[] {
    const windows: TimeWindow[] = []
    const last = windowStart(starts, start)
    for (let first = last; first + sizeMs >= end; first -= slideMs) windows.push({ start: first, end: first + sizeMs })
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
    windowsOf: (_, at) => windowsAround({ start: Math.floor(at), end: Math.floor(at) + 1 }),
    sliceOf,
    windowsWith: windowsAround,
  }
}
