import type { Aggregate } from '../../aggregates/aggregate.ts'
import { StreamError } from '../../errors.ts'
import type { Key } from '../../state/key.ts'
import type { SlicedWindows } from '../../windows/window-assigner.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { OperatorSpec } from '../operator.ts'
import { type ColumnarWindowOptions, columnarSpec } from './columnar-spec.ts'
import { SlicedAggregateOperator } from './sliced-operator.ts'

export type SlicedAggregateOptions<T> = ColumnarWindowOptions<T, SlicedWindows>

/**
 * Aggregates per key and window of slices (tumbling, sliding, cumulate, calendar), with the semantics of Flink's WindowOperator and EventTimeTrigger:
 *
 * - window [s, e) emits when the watermark reaches e - 1, between exactly those two records where it does;
 * - a record behind the watermark is added; each of its windows that has emitted and is within the allowed lateness emits again at once, those that are
 *   beyond it do without the record, and the others count it;
 * - a record all of whose windows are beyond it goes to the late output;
 * - when e - 1 + lateness is reached the window is forgotten, and a slice with the last of its windows.
 *
 * Results come in order of the window's end, and within a window in the order in which keys first came to it. Throws AGGREGATE_INVALID for an
 * aggregate that cannot be merged, where windows share slices.
 */
export function slicedAggregate<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  options: SlicedAggregateOptions<T>,
): OperatorSpec<T, WindowResult<K, R>> {
  if (options.windows.runOf !== undefined) checkMergeable(aggregate, options.windows.name)
  return columnarSpec(
    'windowAggregate',
    aggregate,
    options,
    context => new SlicedAggregateOperator<K, T, R>(aggregate, options, context),
  )
}

/** Throws AGGREGATE_INVALID for an aggregate whose accumulators cannot be merged. */
export function checkMergeable(aggregate: Aggregate<never, unknown>, windows: string): void {
  if (aggregate.canMerge !== false) return
  throw new StreamError(
    'AGGREGATE_INVALID',
    `the aggregate "${aggregate.kind}" cannot be merged, which ${windows} windows need. Give it a merge function, or use a tumbling window.`,
  )
}
