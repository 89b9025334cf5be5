import type { KeyTtl } from '../../state/key-ttl.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import { type PerKey, perKey } from './per-key.ts'

export interface DistinctOptions {
  /**
   * How long a key is remembered after the record that was let through; those dropped do not prolong it. Default: for ever, so the state grows
   * with the number of different keys.
   */
  readonly ttl?: KeyTtl
}

/**
 * Lets the first record of each key through and drops the others, as Flink SQL's ProcTimeDeduplicateKeepFirstRowFunction: first is what comes
 * first. Keeps the key alone.
 */
export function distinct<T>(options: DistinctOptions, key: KeySelector<T>): OperatorSpec<T, T> {
  return perKey<T, T, SeenKey>({ kind: 'distinct', key, ttl: options.ttl }, () => ({
    ...seenKeys,
    onRecord(state, value, call) {
      if (state.isSeen) return false
      state.isSeen = true
      call.emit(value)
      return true
    },
  }))
}

export interface SeenKey {
  isSeen: boolean
}

/** Remembering keys, and nothing else. */
export const seenKeys: Omit<PerKey<unknown, unknown, SeenKey>, 'onRecord'> = {
  create: () => ({ isSeen: false }),
  isEmpty: ({ isSeen }) => !isSeen,
  write() {},
  read: () => ({ isSeen: true }),
}
