import { StreamError } from '../errors.ts'
import { checkDuration, formatDuration } from '../time/duration.ts'
import type { TimeWindow, WindowAssigner } from './window-assigner.ts'

/** Windows of one size that start every `advanceMs`, from the epoch on: none starts before 1970. */
export interface StreamTimeWindows extends WindowAssigner {
  readonly merges: false
  readonly sizeMs: number
  readonly advanceMs: number
}

/**
 * Kafka Streams' TimeWindows: tumbling windows, or hopping ones where `advanceMs` is below the size. Unlike `sliding`, an advance above the size is
 * refused, and no window starts before the epoch: early times are in fewer windows, and times before 1970 are in none.
 */
export function streamTimeWindows(sizeMs: number, advanceMs = sizeMs): StreamTimeWindows {
  checkDuration('the size of a stream-time window', sizeMs)
  checkDuration('the advance of a stream-time window', advanceMs)
  if (advanceMs > sizeMs) {
    throw new StreamError(
      'WINDOW_INVALID',
      `the advance of a stream-time window is at most its size of ${sizeMs} ms; got ${advanceMs}. To sample, use slidingWindow().`,
    )
  }
  return {
    sizeMs,
    advanceMs,
    name:
      advanceMs === sizeMs ? formatDuration(sizeMs) : `${formatDuration(sizeMs)} every ${formatDuration(advanceMs)}`,
    time: 'event',
    merges: false,
    windowsOf(_, time) {
      const windows: TimeWindow[] = []
      for (let start = firstStart(time, sizeMs, advanceMs); start <= time; start += advanceMs)
        windows.push({ start, end: start + sizeMs })
      return windows
    },
  }
}

/** Start of the first window that `time` is in. */
export function firstStart(time: number, sizeMs: number, advanceMs: number): number {
  return Math.floor(Math.max(0, Math.floor(time) - sizeMs + advanceMs) / advanceMs) * advanceMs
}
