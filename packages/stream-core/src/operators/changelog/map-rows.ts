import type { Change } from '../../batch/change.ts'
import type { OperatorSpec } from '../operator.ts'
import { map } from '../records/map.ts'

/** Replaces the row in each change; what kind of change it is stays. */
export function mapRows<T, R>(fn: (row: T) => R): OperatorSpec<Change<T>, Change<R>> {
  return { ...map<Change<T>, Change<R>>(({ op, value }) => ({ op, value: fn(value) })), kind: 'mapRows' }
}
