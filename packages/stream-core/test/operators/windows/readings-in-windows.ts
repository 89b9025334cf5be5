import { type Aggregate, type Change, collect, type Pane, type WindowResult } from '../../../src/index.ts'
import type { OperatorSpec } from '../../../src/operators/operator.ts'
import type { WindowComputation, WindowSpec } from '../../../src/operators/windows/window-options.ts'
import { windowProcess } from '../../../src/operators/windows/window-process.ts'
import type { Key } from '../../../src/state/key.ts'
import { tumbling } from '../../../src/windows/tumbling.ts'
import { byKey } from '../by-key.ts'
import type { Reading } from '../reading.ts'

/** The general operator over windows of 10 ms, which collects the numbers of each key. */
export function windowed(
  windows: Partial<WindowSpec<Reading>> = {},
  computation: WindowComputation<Reading> = { aggregate: numbers },
): OperatorSpec<Reading, WindowResult<Key, number[]>> {
  return windowProcess<Reading, number[]>(
    { key: byKey(reading => reading.key), assigner: tumbling(10), ...windows },
    computation,
  )
}

/** The same, as changes of results. */
export function retracted(
  windows: Partial<WindowSpec<Reading>>,
): OperatorSpec<Reading, Change<WindowResult<Key, number[]>>> {
  const spec: OperatorSpec<Reading, unknown> = windowed({ ...windows, accumulation: 'retract' })
  return spec as OperatorSpec<Reading, Change<WindowResult<Key, number[]>>>
}

export const numbers: Aggregate<Reading, number[]> = collect((reading: Reading) => reading.n)

/** What a window from `start` to `end` emits, with the time that it has. */
export function emitted<R>(start: number, end: number, value: R, pane: Pane, key: Key = 'a') {
  return { value: { key, start, end, value, pane }, time: end - 1 }
}

/** What the window of all time emits. */
export function ofAllTime<R>(value: R, pane: Pane, key: Key = 'a') {
  return emitted(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, value, pane, key)
}

export function change<R>(op: Change<unknown>['op'], result: { readonly value: R; readonly time: number }) {
  return { value: { op, value: result.value }, time: result.time }
}

/** Panes as results name them. */
export const early = (index: number): Pane => ({ timing: 'early', index, isLast: false })
export const complete = (index: number): Pane => ({ timing: 'onTime', index, isLast: false })
export const final = (index: number): Pane => ({ timing: 'onTime', index, isLast: true })
export const belated = (index: number): Pane => ({ timing: 'late', index, isLast: false })
export const byClock = (index: number): Pane => ({ timing: 'wallClock', index, isLast: true })
