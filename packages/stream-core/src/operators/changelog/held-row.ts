import type { PerKey } from './per-key.ts'

/** The one row that a key has; undefined while it has none. */
export interface HeldRow<T> {
  row: { readonly value: T; readonly time: number } | undefined
}

/** Keeping one row for each key. */
export function heldRow<T>(): Omit<PerKey<unknown, unknown, HeldRow<T>>, 'onRecord'> {
  return {
    create: () => ({ row: undefined }),
    isEmpty: ({ row }) => row === undefined,
    write: ({ row }, to) => to.float64(row!.time).value(row!.value),
    read: from => ({ row: { time: from.float64(), value: from.value() as T } }),
  }
}
