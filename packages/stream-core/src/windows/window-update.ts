/** Bounds of a window of the operators that follow Kafka Streams, epoch ms. */
export interface UpdatedWindow {
  readonly start: number
  readonly end: number
  /** True where `end` is the last millisecond that belongs to the window, false where it is the first one behind it. */
  readonly endInclusive: boolean
}

/** What a window of a key holds from now on; the record's own time is the highest time of the records in the window. */
export interface WindowValue<K, R> {
  readonly type: 'value'
  readonly key: K
  readonly window: UpdatedWindow
  readonly value: R
}

/** A window of a key that was emitted is no more: its records are in another one now, which follows. */
export interface WindowTombstone<K> {
  readonly type: 'tombstone'
  readonly key: K
  readonly window: UpdatedWindow
  readonly value: null
}

/** One update of a table whose rows are windows of keys: Kafka Streams' `KTable<Windowed<K>, V>` as a stream. */
export type WindowUpdate<K, R> = WindowValue<K, R> | WindowTombstone<K>
