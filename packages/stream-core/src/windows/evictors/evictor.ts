/** A record in a window, with its event time, NaN where it has none. */
export interface TimedRecord<T> {
  readonly value: T
  readonly time: number
}

/**
 * Takes records out of a window when it emits, as Flink's Evictor: before the function sees them, or after. A window with an evictor keeps all its
 * records one by one, whatever it computes. A value without state.
 */
export interface Evictor<T = unknown> {
  /** For explain(), e.g. `the last 100 records`. */
  readonly name: string
  readonly when: EvictionTime
  /** The records that stay, of those in the window in order of arrival; at least one is given. May return the same array. */
  keep<V extends T>(records: readonly TimedRecord<V>[]): readonly TimedRecord<V>[]
}

/** Whether records go before the function has seen them, or after. */
export type EvictionTime = 'before' | 'after'
