import { StreamError } from '../errors.ts'
import { checkDuration, formatDuration } from '../time/duration.ts'
import { checkOffset, windowStart } from './tumbling.ts'
import type { SlicedWindows, TimeDomain, TimeWindow } from './window-assigner.ts'

/**
 * Windows that share their start and grow by `stepMs` up to `sizeMs`, then start anew: today so far, every hour. Semantics of Flink SQL's CUMULATE.
 */
export interface CumulateWindows extends SlicedWindows {
  readonly sizeMs: number
  readonly stepMs: number
  /** Where windows of the full size start, counted from the epoch: 0 <= offset < size. */
  readonly offsetMs: number
}

/** `size` and `step` in ms, the size a multiple of the step; `offset` shifts all windows, its absolute value is below the size. */
export function cumulate(sizeMs: number, stepMs: number, offsetMs = 0, time: TimeDomain = 'event'): CumulateWindows {
  checkDuration('the size of a cumulate window', sizeMs)
  checkDuration('the step of a cumulate window', stepMs)
  if (sizeMs % stepMs !== 0) {
    throw new StreamError(
      'WINDOW_INVALID',
      `the size of a cumulate window is a multiple of its step; got a size of ${sizeMs} ms and a step of ${stepMs} ms.`,
    )
  }
  checkOffset('a cumulate window', 'size', sizeMs, offsetMs)
  const shape = { sizeMs, offsetMs: offsetMs < 0 ? offsetMs + sizeMs : offsetMs }

  const steps = { sizeMs: stepMs, offsetMs: shape.offsetMs % stepMs }
  const runOf = (at: number): number => windowStart(shape, at)

  function sliceOf(at: number): TimeWindow {
    const start = windowStart(steps, at)
    return { start, end: start + stepMs }
  }

  return {
    ...shape,
    stepMs,
    name: `cumulate ${formatDuration(sizeMs)} by ${formatDuration(stepMs)}`,
    time,
    merges: false,
    windowsOf(_, at) {
      const start = runOf(at)
      const windows: TimeWindow[] = []
      for (let { end } = sliceOf(at); end <= start + sizeMs; end += stepMs) windows.push({ start, end })
      return windows
    },
    sliceOf,
    windowAfter(slice, at) {
      const start = runOf(slice.start)
      if (at < slice.end) return { start, end: slice.end }
      const { end } = sliceOf(at)
      return at < start + sizeMs ? { start, end } : undefined
    },
    lastEndOf: slice => runOf(slice.start) + sizeMs,
    runOf,
  }
}
