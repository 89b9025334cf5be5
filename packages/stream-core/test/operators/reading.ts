import type { InputItem } from '@rtp/stream-testing'
import { type Aggregate, collect } from '../../src/index.ts'
import type { OperatorSpec } from '../../src/operators/operator.ts'
import { type SlicedAggregateOptions, slicedAggregate } from '../../src/operators/windows/sliced-aggregate.ts'
import type { Key } from '../../src/state/key.ts'
import { tumbling } from '../../src/windows/tumbling.ts'
import type { Pane, WindowResult } from '../../src/windows/window-result.ts'
import { byKey } from './by-key.ts'

/** A record of the window tests. */
export interface Reading {
  readonly key: Key
  readonly n: number
}

/** Windows of 10 ms that collect the numbers of each key. */
export function collected(
  options: Partial<SlicedAggregateOptions<Reading>> = {},
): OperatorSpec<Reading, WindowResult<Key, number[]>> {
  return aggregated(
    collect((reading: Reading) => reading.n),
    options,
  )
}

/** Windows of 10 ms over the readings of each key. */
export function aggregated<R>(
  aggregate: Aggregate<Reading, R>,
  options: Partial<SlicedAggregateOptions<Reading>> = {},
): OperatorSpec<Reading, WindowResult<Key, R>> {
  return slicedAggregate<Key, Reading, R>(aggregate, {
    key: byKey(reading => reading.key),
    windows: tumbling(10),
    allowedLatenessMs: 0,
    ...options,
  })
}

/** Panes as results name them. */
export const onTime: Pane = { timing: 'onTime', index: 0, isLast: true }
export const firstOnTime: Pane = { timing: 'onTime', index: 0, isLast: false }
export const lateAt = (index: number): Pane => ({ timing: 'late', index, isLast: false })
export const quietAt = (index: number): Pane => ({ timing: 'quiet', index, isLast: false })

/** A reading of number `n` at time `time`. */
export function at(time: number, n: number, key: Key = 'a'): InputItem<Reading> {
  return { value: { key, n }, time }
}

/** What the window that starts at `start` emits, with the time that it has. */
export function result<R>(
  start: number,
  value: R,
  options: { readonly key?: Key; readonly pane?: Pane; readonly sizeMs?: number } = {},
): { readonly value: WindowResult<Key, R>; readonly time: number } {
  const { key = 'a', pane = onTime, sizeMs = 10 } = options
  const end = start + sizeMs
  return { value: { key, start, end, value, pane }, time: end - 1 }
}

/** What the late output says of a reading. */
export function late(time: number, n: number, watermark: number, lateByMs: number) {
  return { value: { value: { key: 'a', n }, time, watermark, lateByMs, reason: 'windowClosed' }, time }
}
