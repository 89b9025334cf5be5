import type { KeySelector } from '../../src/operators/operator.ts'
import type { Key } from '../../src/state/key.ts'

/** A key that is taken from a record, as `keyBy` makes it. */
export function byKey<T>(of: (value: T) => Key): KeySelector<T> {
  return { of, isPartitionKey: false }
}
