import type { Accumulator, Aggregate, Fail } from './aggregate.ts'

/** An aggregate that can also take records back, so that it can follow a table whose rows change. */
export interface RetractableAggregate<T, R> extends Aggregate<T, R> {
  /** Accumulators that take records back. They may hold more than plain ones: a minimum has to know what is the next one. */
  startRetractable(capacity: number): RetractableAccumulator<T, R>
}

export interface RetractableAccumulator<T, R> extends Accumulator<T, R> {
  /** Takes `values[i]` out of `slots[i]`, for i from `from` up to but without `to`: records that were added before, in any order. */
  retract(slots: Int32Array, values: readonly T[], times: Float64Array, from: number, to: number, fail: Fail): void
}

/** Named retractable aggregates; the result is an object with the same names. */
export type RetractableAggregates<T, R> = { readonly [Name in keyof R]: RetractableAggregate<T, R[Name]> }

export function isRetractable<T, R>(aggregate: Aggregate<T, R>): aggregate is RetractableAggregate<T, R> {
  return 'startRetractable' in aggregate
}
