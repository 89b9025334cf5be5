import type { Aggregate } from '../../aggregates/aggregate.ts'
import { StreamError } from '../../errors.ts'
import type { Key } from '../../state/key.ts'
import { formatDuration } from '../../time/duration.ts'
import type { WindowUpdate } from '../../windows/window-update.ts'
import type { OperatorSpec } from '../operator.ts'
import { countUpTo, type KeptWindow } from './kept-window.ts'
import { describeGrace, type Placement, type StreamTimeOptions, streamTimeOperator } from './stream-time-operator.ts'

export interface SessionByRecordOptions<T> extends StreamTimeOptions<T> {
  readonly gapMs: number
  readonly graceMs: number
}

/**
 * Sessions [first record, last record], both inclusive, as Kafka Streams' KStreamSessionWindowAggregate has them: two records at most a gap apart
 * are in one. Whether a record is late is judged on the session that it would be in: it is closed when its last record is more than gap and grace
 * period behind stream time. The aggregate must be mergeable.
 */
export function sessionByRecord<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  options: SessionByRecordOptions<T>,
): OperatorSpec<T, WindowUpdate<K, R>> {
  if (aggregate.canMerge === false) {
    throw new StreamError(
      'AGGREGATE_INVALID',
      `sessionByRecord() merges sessions, which the aggregate "${aggregate.kind}" cannot. Give it a merge function.`,
    )
  }
  return streamTimeOperator<K, T, R>(aggregate, placement(options), options)
}

function placement<T>({ gapMs, graceMs, emit }: SessionByRecordOptions<T>): Placement {
  return {
    kind: 'sessionByRecord',
    name: `sessions with a gap of ${formatDuration(gapMs)}, ${describeGrace(graceMs)}`,
    endInclusive: true,
    closeDelayMs: graceMs + gapMs,
    // An update takes back what was emitted of a closed session that a record joins to an open one. A final result stands, so it is then left alone.
    keepClosedMs: emit === 'onClose' ? 0 : gapMs,
    heldBy: 'end',
    place(key, time, closeTime, windows) {
      const found: KeptWindow[] = []
      for (let i = countUpTo(key.windows, time + gapMs) - 1; i >= 0; i--) {
        const session = key.windows[i]!
        if (session.end < time - gapMs) break
        found.push(session)
      }
      found.reverse()
      const start = Math.min(time, found[0]?.start ?? time)
      const end = Math.max(time, found.at(-1)?.end ?? time)
      if (end < closeTime) return closeTime - end - 1
      const isNew = start === time && end === time
      const [first] = found
      if (first === undefined) windows.add(windows.create(key, time, time))
      else windows.add(isNew ? first : windows.merge(found, start, end))
      return -1
    },
  }
}
