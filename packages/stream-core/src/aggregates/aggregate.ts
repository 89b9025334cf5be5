import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'

/**
 * What to compute over the records of a window: a value that starts fresh accumulators. `count()`, `mean(r => r.celsius)` and the like make
 * them; `customAggregate` makes one from plain functions.
 */
export interface Aggregate<T, R> {
  readonly kind: string
  /** False when accumulators cannot be merged, so that it serves in windows that neither merge nor share slices. Default true. */
  readonly canMerge?: boolean
  /** True when the result depends on the order in which records came, and not on their times alone. Default false. */
  readonly keepsOrder?: boolean
  start(capacity: number): Accumulator<T, R>
}

/**
 * The accumulators of one aggregate, for all open keys and windows: columns indexed by slot. A window operator finds the slot of every record
 * of a batch first; then each aggregate runs one tight loop over the batch. There is no object per accumulator and no call per record.
 */
export interface Accumulator<T, R> {
  /** Makes room for slots below `capacity`; new slots are empty. */
  grow(capacity: number): void
  /** Empties a slot, so that it can serve another key and window. */
  reset(slot: number): void
  /** Adds `values[i]` with event time `times[i]` to `slots[i]`, for i from `from` up to but without `to`. `fail` takes what a user function threw. */
  add(slots: Int32Array, values: readonly T[], times: Float64Array, from: number, to: number, fail: Fail): void
  /** Adds what `from` holds to `into`, and leaves `from` as it is. Associative and, but for order-keeping aggregates, commutative. */
  merge(into: number, from: number): void
  result(slot: number): R
  write(slot: number, state: StateWriter): void
  read(slot: number, state: StateReader): void
}

export type Fail = (cause: unknown, at: number) => never
