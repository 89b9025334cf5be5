import type { Change } from '../../batch/change.ts'
import { StreamError } from '../../errors.ts'
import { equalValues } from '../../state/equal-values.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import type { ChangeOptions } from './change-options.ts'
import { type SeenKey, seenKeys } from './distinct.ts'
import { type HeldRow, heldRow } from './held-row.ts'
import { type PerKeyCall, type PerKeyOptions, perKey } from './per-key.ts'

export interface DeduplicateOptions extends ChangeOptions {
  readonly keep: 'first' | 'last'
  /** What first and last go by. Of equal event times the one that came first is first, and the one that came last is last. */
  readonly by: 'eventTime' | 'arrival'
  /**
   * Whether the first row of a key is an `insert`. Default true. False together with `updateBefore: false` makes every change an
   * `updateAfter`, for sinks that only upsert; by arrival it then needs no state.
   */
  readonly insert?: boolean
}

/**
 * One row for each key, as changes, with the semantics of Flink SQL's deduplication without mini-batches: RowTimeDeduplicateFunction,
 * ProcTimeDeduplicateKeepFirstRowFunction and ProcTimeDeduplicateKeepLastRowFunction. The last row by arrival that equals the one before it
 * changes nothing, unless there is a TTL: then the change is repeated, so that state downstream lives on, too.
 */
export function deduplicate<T>(options: DeduplicateOptions, key: KeySelector<T>): OperatorSpec<T, Change<T>> {
  const { keep, by, ttl } = options
  if (!['first', 'last'].includes(keep) || !['eventTime', 'arrival'].includes(by)) {
    throw new StreamError(
      'GRAPH_INVALID',
      `deduplicate() cannot keep the ${keep} by ${by}. Keep 'first' or 'last', by 'eventTime' or 'arrival'.`,
    )
  }
  const described: PerKeyOptions<T> = {
    kind: 'deduplicate',
    key,
    ttl,
    needsEventTime: by === 'eventTime',
    detail: [`the ${keep} by ${by === 'eventTime' ? 'event time' : 'arrival'}`],
  }
  if (by === 'eventTime') return byEventTime(options, described)
  return keep === 'first' ? firstByArrival(described) : lastByArrival(options, described)
}

function byEventTime<T>(options: DeduplicateOptions, described: PerKeyOptions<T>): OperatorSpec<T, Change<T>> {
  const keepsLast = options.keep === 'last'
  return perKey<T, Change<T>, HeldRow<T>>(described, () => ({
    ...heldRow<T>(),
    onRecord(state, value, call) {
      const { row } = state
      if (row !== undefined && (keepsLast ? call.time < row.time : call.time >= row.time)) return false
      replace(state, value, options, call)
      return true
    },
  }))
}

function firstByArrival<T>(described: PerKeyOptions<T>): OperatorSpec<T, Change<T>> {
  return perKey<T, Change<T>, SeenKey>(described, () => ({
    ...seenKeys,
    onRecord(state, value, call) {
      if (state.isSeen) return false
      state.isSeen = true
      call.emit({ op: 'insert', value })
      return true
    },
  }))
}

function lastByArrival<T>(options: DeduplicateOptions, described: PerKeyOptions<T>): OperatorSpec<T, Change<T>> {
  return perKey<T, Change<T>, HeldRow<T>>(described, () => ({
    ...heldRow<T>(),
    onRecord(state, value, call) {
      if (options.updateBefore === false && options.insert === false) {
        call.emit({ op: 'updateAfter', value })
        return false
      }
      if (options.ttl === undefined && state.row !== undefined && equalValues(state.row.value, value)) return false
      replace(state, value, options, call)
      return true
    },
  }))
}

function replace<T>(
  state: HeldRow<T>,
  value: T,
  { updateBefore = true, insert = true }: DeduplicateOptions,
  call: PerKeyCall<Change<T>>,
): void {
  const before = state.row
  state.row = { value, time: call.time }
  if (before === undefined && (updateBefore || insert)) {
    call.emit({ op: 'insert', value })
    return
  }
  if (before !== undefined && updateBefore) call.emit({ op: 'updateBefore', value: before.value }, before.time)
  call.emit({ op: 'updateAfter', value })
}
