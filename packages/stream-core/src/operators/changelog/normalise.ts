import type { Change } from '../../batch/change.ts'
import { equalValues } from '../../state/equal-values.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import type { ChangeOptions } from './change-options.ts'
import { type HeldRow, heldRow } from './held-row.ts'
import { perKey } from './per-key.ts'

/**
 * Makes full changes of the upserts and deletes of a keyed table, as Flink SQL's ChangelogNormalize: the first row of a key is an insert, a
 * further one an update with the row before it, and a delete has the whole row even where it came with the key alone (a tombstone). Rows that
 * change nothing are dropped, unless there is a TTL; a delete of what is not there is counted in `missingRetractions`.
 */
export function normalise<T>(options: ChangeOptions, key: KeySelector<Change<T>>): OperatorSpec<Change<T>, Change<T>> {
  const { updateBefore = true, ttl } = options
  return perKey<Change<T>, Change<T>, HeldRow<T>>({ kind: 'normalise', key, ttl }, () => ({
    ...heldRow<T>(),
    onRecord(state, { op, value }, call) {
      const before = state.row
      if (op === 'updateBefore' || op === 'delete') {
        if (before === undefined) {
          call.metrics.missingRetractions++
          return false
        }
        // Whatever it is called: an updateAfter need not follow.
        call.emit({ op: 'delete', value: before.value }, before.time)
        state.row = undefined
        return true
      }
      if (ttl === undefined && before !== undefined && equalValues(before.value, value)) return false
      state.row = { value, time: call.time }
      if (before === undefined) {
        call.emit({ op: 'insert', value })
      } else {
        if (updateBefore) call.emit({ op: 'updateBefore', value: before.value }, before.time)
        call.emit({ op: 'updateAfter', value })
      }
      return true
    },
  }))
}
