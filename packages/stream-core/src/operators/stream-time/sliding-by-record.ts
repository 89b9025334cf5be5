import type { Aggregate } from '../../aggregates/aggregate.ts'
import type { Key } from '../../state/key.ts'
import { formatDuration } from '../../time/duration.ts'
import type { WindowUpdate } from '../../windows/window-update.ts'
import type { OperatorSpec } from '../operator.ts'
import { countUpTo, type KeptKey, type KeptWindow, windowAt } from './kept-window.ts'
import {
  describeGrace,
  type Placement,
  type StreamTimeOptions,
  streamTimeOperator,
  type WindowChanges,
} from './stream-time-operator.ts'

export interface SlidingByRecordOptions<T> extends StreamTimeOptions<T> {
  readonly timeDifferenceMs: number
  readonly graceMs: number
}

/**
 * Sliding windows aligned to the records, as Kafka Streams' KStreamSlidingWindowAggregate (KIP-450) has them: for each record of a key at time t
 * there is the window [t - difference, t] that ends with it, and the window [t + 1, t + 1 + difference] behind it if that holds a record; both
 * bounds are inclusive. So each set of records that are at most the difference apart has its window, and no other windows exist. No window starts
 * before 1970: the records of the first `difference` ms share [0, difference].
 */
export function slidingByRecord<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  options: SlidingByRecordOptions<T>,
): OperatorSpec<T, WindowUpdate<K, R>> {
  return streamTimeOperator<K, T, R>(aggregate, placement(options.timeDifferenceMs, options.graceMs), options)
}

function placement(differenceMs: number, graceMs: number): Placement {
  return {
    kind: 'slidingByRecord',
    name: `${formatDuration(differenceMs)} before and behind each record, ${describeGrace(graceMs)}`,
    endInclusive: true,
    closeDelayMs: graceMs,
    // A record that is still taken looks at windows from 2 x difference before it; its own time may be `difference` before the close time.
    keepClosedMs: differenceMs + 1,
    heldBy: 'start',
    place(key, time, closeTime, windows) {
      if (time + differenceMs >= closeTime) {
        const record = { key, time, closeTime, windows, differenceMs }
        if (time < differenceMs) placeEarly(record)
        else placeUsual(record)
      }
      // Of its windows, the one that ends with the record closes first.
      return Math.max(-1, closeTime - Math.max(time, differenceMs) - 1)
    },
  }
}

interface Placed {
  readonly key: KeptKey
  readonly time: number
  readonly closeTime: number
  readonly windows: WindowChanges
  readonly differenceMs: number
}

function placeUsual({ key, time, closeTime, windows, differenceMs }: Placed): void {
  const exact = windowAt(key, time - differenceMs)
  /** With another record of the same time, every window that this one needs is there. */
  const isKnown = exact !== undefined && exact.maxTime >= time
  let right: KeptWindow | undefined
  let left: KeptWindow | undefined
  let previous: number | undefined
  const hasRight = windowAt(key, time + 1) !== undefined
  let isFirst = true
  const updated: KeptWindow[] = []
  for (let i = countUpTo(key.windows, time) - 1; i >= 0; i--) {
    const window = key.windows[i]!
    if (window.start < time - 2 * differenceMs) break
    if (window.end < time) {
      left = window
      // A window that ends with the record may know of one that came too late for those before it.
      previous ??= window.maxTime
      break
    }
    if (window.end === time) {
      if (window.maxTime < time) previous = window.maxTime
    } else if (isFirst) {
      // What is behind the record is in the latest of the windows around it.
      if (!isKnown && !hasRight && window.maxTime > time) right = window
      isFirst = false
    }
    if (window.end >= closeTime) updated.push(window)
  }
  const behind = right === undefined ? undefined : windows.copy(right, time + 1, time + 1 + differenceMs)
  for (const window of updated) windows.add(window)
  if (isKnown) return
  addBehindPrevious(previous, { key, time, closeTime, windows, differenceMs })
  const start = time - differenceMs
  // The window behind the record before may be the very one that ends with this record.
  if (time >= closeTime && windowAt(key, start) === undefined) {
    const isNear = left !== undefined && previous !== undefined && start <= previous
    windows.add(isNear ? windows.copy(left!, start, time) : windows.create(key, start, time))
  }
  if (behind !== undefined) windows.update(behind)
}

/** A record of the first `differenceMs` behind 1970: its window would start before, so it is in [0, difference] instead. */
function placeEarly({ key, time, closeTime, windows, differenceMs }: Placed): void {
  const combined = windowAt(key, 0)
  const hasRight = windowAt(key, time + 1) !== undefined
  const around = key.windows.slice(combined === undefined ? 0 : 1, countUpTo(key.windows, time))
  const latest = around.at(-1) ?? combined
  const behind =
    !hasRight && latest !== undefined && latest.maxTime > time
      ? windows.copy(latest, time + 1, time + 1 + differenceMs)
      : undefined
  for (const window of around) if (window.end >= closeTime) windows.add(window)
  if (behind !== undefined) windows.update(behind)
  if (combined !== undefined && combined.maxTime < time) {
    addBehindPrevious(combined.maxTime, { key, time, closeTime, windows, differenceMs })
  }
  if (differenceMs >= closeTime) windows.add(combined ?? windows.create(key, 0, differenceMs))
}

/** The record may be the first behind the one before it, whose right window then begins to exist. */
function addBehindPrevious(previous: number | undefined, record: Placed): void {
  if (previous === undefined) return
  const { key, time, closeTime, windows, differenceMs } = record
  const start = previous + 1
  const end = start + differenceMs
  if (end < time || end < closeTime || windowAt(key, start) !== undefined) return
  windows.add(windows.create(key, start, end))
}
