import type { Aggregate } from '../../aggregates/aggregate.ts'
import type { Key } from '../../state/key.ts'
import { formatDuration } from '../../time/duration.ts'
import type { WindowAssigner } from '../../windows/window-assigner.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { KeySelector, Operator, OperatorContext, OperatorSpec } from '../operator.ts'
import { LATE_OUTPUT } from './window-output.ts'

/** What the columnar window operators are told: event time, and nothing but the watermark and the allowed lateness to close windows. */
export interface ColumnarWindowOptions<T, W extends WindowAssigner<T>> {
  readonly key: KeySelector<T>
  readonly windows: W
  /** Ms of event time for which a window still takes records after the watermark has passed its end. */
  readonly allowedLatenessMs: number
  /** Wall-clock ms without a record after which open windows emit what they have; undefined: only the watermark closes them. */
  readonly emitWhenQuietMs?: number | undefined
}

/** The spec of a columnar window operator. */
export function columnarSpec<K extends Key, T, R>(
  kind: string,
  aggregate: Aggregate<T, R>,
  options: ColumnarWindowOptions<T, WindowAssigner<T>>,
  start: (context: OperatorContext<WindowResult<K, R>>) => Operator<T>,
): OperatorSpec<T, WindowResult<K, R>> {
  const { key, windows, allowedLatenessMs, emitWhenQuietMs } = options
  return {
    kind,
    stateful: true,
    needsEventTime: true,
    key,
    sideOutputs: [LATE_OUTPUT],
    ...(emitWhenQuietMs === undefined ? {} : { quietAfterMs: emitWhenQuietMs }),
    detail: [
      windows.name,
      aggregate.kind,
      `allowed lateness ${formatDuration(allowedLatenessMs)}`,
      ...(emitWhenQuietMs === undefined ? [] : [`emits after ${formatDuration(emitWhenQuietMs)} of quiet`]),
    ].join('; '),
    start,
  }
}
