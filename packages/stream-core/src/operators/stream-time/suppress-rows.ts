import type { Key } from '../../state/key.ts'
import { formatDuration } from '../../time/duration.ts'
import type { WindowUpdate } from '../../windows/window-update.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import { suppress } from './suppress.ts'
import type { Suppression, TimeLimit } from './suppression.ts'

/** Suppress for a table with one row a key. */
export function suppressRows<T>(limit: TimeLimit, key: KeySelector<T>): OperatorSpec<T, T> {
  return suppress<T>({ key, ...limit, ...byTime(limit) })
}

/**
 * Suppress for a table whose rows are windows of keys. A window of inclusive bounds closes one millisecond later than Kafka Streams' suppress says,
 * whose windows still take records then: it would emit them twice.
 */
export function suppressWindows<K extends Key, R>(
  suppression: Suppression,
  isPartitionKey: boolean,
  closeDelayMs: number,
): OperatorSpec<WindowUpdate<K, R>, WindowUpdate<K, R>> {
  const rows = {
    ...suppression,
    key: { of: ({ key }: WindowUpdate<K, R>) => key, isPartitionKey },
    rowOf: ({ window }: WindowUpdate<K, R>) => `${window.start} ${window.end}`,
  }
  if (suppression.until === 'timeLimit') return suppress({ ...rows, ...byTime(suppression) })
  return suppress({
    ...rows,
    bufferTime: ({ window }) => (window.endInclusive ? window.end + 1 : window.end),
    delayMs: closeDelayMs,
    // Of a window that is no more nothing was emitted.
    isDropped: ({ type }) => type === 'tombstone',
    detail: 'until windows close',
  })
}

function byTime({ limitMs }: TimeLimit) {
  return {
    bufferTime: (_: unknown, time: number) => Math.floor(time),
    delayMs: limitMs,
    detail: `until ${formatDuration(limitMs)} of stream time have passed`,
  }
}
