import type { Aggregate } from '../../aggregates/aggregate.ts'
import type { Key } from '../../state/key.ts'
import type { SessionWindows } from '../../windows/session.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { OperatorSpec } from '../operator.ts'
import { type ColumnarWindowOptions, columnarSpec } from './columnar-spec.ts'
import { SessionOperator } from './session-operator.ts'
import { checkMergeable } from './sliced-aggregate.ts'

export type SessionAggregateOptions<T> = ColumnarWindowOptions<T, SessionWindows<T>>

/**
 * Aggregates per key and session, with the semantics of Flink's WindowOperator, EventTimeSessionWindows (or DynamicEventTimeSessionWindows) and
 * EventTimeTrigger:
 *
 * - a record's own window is [time, time + gap); it and all open sessions of the key that it overlaps or touches become one;
 * - a session [s, e) emits when the watermark reaches e - 1, and is kept for the allowed lateness;
 * - lateness is judged on what the record's window becomes: one that alone would be too late is taken where it touches a session that is kept;
 * - a record whose session the watermark has passed makes it emit again at once; one that makes a kept session end behind the watermark opens it again;
 * - a record that touches no session, and whose own window is over, goes to the late output.
 *
 * Sessions that end together emit in order of their end, and among equals in the order in which they opened. Throws AGGREGATE_INVALID for an
 * aggregate that cannot be merged.
 */
export function sessionAggregate<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  options: SessionAggregateOptions<T>,
): OperatorSpec<T, WindowResult<K, R>> {
  checkMergeable(aggregate, options.windows.name)
  return columnarSpec(
    'sessionAggregate',
    aggregate,
    options,
    context => new SessionOperator<K, T, R>(aggregate, options, context),
  )
}
