import type { Aggregate } from '../../aggregates/aggregate.ts'
import type { Key } from '../../state/key.ts'
import { firstStart, type StreamTimeWindows } from '../../windows/stream-time-windows.ts'
import type { WindowUpdate } from '../../windows/window-update.ts'
import type { OperatorSpec } from '../operator.ts'
import { windowAt } from './kept-window.ts'
import { describeGrace, type Placement, type StreamTimeOptions, streamTimeOperator } from './stream-time-operator.ts'

export interface StreamTimeWindowOptions<T> extends StreamTimeOptions<T> {
  readonly windows: StreamTimeWindows
  readonly graceMs: number
}

/**
 * Tumbling and hopping windows [start, end) as Kafka Streams' KStreamWindowAggregate has them: a window is closed to a record when its end is at or
 * below stream time less the grace period. A record that is late for one of its windows still counts in the others, and is in the late output.
 */
export function streamTimeWindow<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  options: StreamTimeWindowOptions<T>,
): OperatorSpec<T, WindowUpdate<K, R>> {
  return streamTimeOperator<K, T, R>(aggregate, placement(options.windows, options.graceMs), options)
}

function placement({ sizeMs, advanceMs, name }: StreamTimeWindows, graceMs: number): Placement {
  return {
    kind: 'streamTimeWindow',
    name: `${name}, ${describeGrace(graceMs)}`,
    endInclusive: false,
    closeDelayMs: graceMs,
    keepClosedMs: 0,
    heldBy: 'start',
    place(key, time, closeTime, windows) {
      let lateByMs = -1
      for (let start = firstStart(time, sizeMs, advanceMs); start <= time; start += advanceMs) {
        const end = start + sizeMs
        if (end > closeTime) windows.add(windowAt(key, start) ?? windows.create(key, start, end))
        else if (lateByMs < 0) lateByMs = closeTime - end
      }
      return lateByMs
    },
  }
}
