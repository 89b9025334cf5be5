import { combineRetractable } from '../aggregates/combine.ts'
import type { RetractableAggregates } from '../aggregates/retractable.ts'
import type { Change } from '../batch/change.ts'
import type { ChangeOptions } from '../operators/changelog/change-options.ts'
import { type GroupResult, retractableGroupAggregate } from '../operators/changelog/group-aggregate.ts'
import { normalise } from '../operators/changelog/normalise.ts'
import type { Ranked, TopNSize } from '../operators/changelog/ranked-rows.ts'
import { retractableTopN, type TopNOptions } from '../operators/changelog/top-n.ts'
import type { KeySelector } from '../operators/operator.ts'
import type { Key } from '../state/key.ts'
import type { Named } from './named.ts'
import type { ChangeStream } from './stream.ts'

/** The changes of a table, grouped by a key of its rows. What follows computes over the table as it is after each change. */
export class KeyedChangeStream<K extends Key, T> {
  readonly stream: ChangeStream<T>
  readonly keyOf: (row: T) => K
  /** The key of a change: that of its row. */
  readonly key: KeySelector<Change<T>>

  constructor(stream: ChangeStream<T>, keyOf: (row: T) => K, isPartitionKey: boolean) {
    this.stream = stream
    this.keyOf = keyOf
    this.key = { of: ({ value }) => keyOf(value), isPartitionKey }
  }

  /** The first `n` rows of each key; a row that goes lets the next one move up, so all rows are kept. Retractions must equal the row that came. */
  topN(n: TopNSize<T>, options: TopNOptions<T> & { readonly rank: true } & Named): ChangeStream<Ranked<T>>
  topN(n: TopNSize<T>, options: TopNOptions<T> & { readonly rank?: false } & Named): ChangeStream<T>
  topN(n: TopNSize<T>, options: TopNOptions<T> & Named): ChangeStream<T> | ChangeStream<Ranked<T>> {
    return this.stream.changesBy(retractableTopN(n, options, this.key), options) as ChangeStream<T>
  }

  /** Named aggregates over the rows that each key has, e.g. `{ n: count(), dearest: max(r => r.price) }`; only those that can take a row back. */
  groupAggregate<R extends object>(
    aggregates: RetractableAggregates<T, R>,
    options: ChangeOptions & Named = {},
  ): ChangeStream<GroupResult<K, R>> {
    const aggregate = combineRetractable<T, R>(aggregates)
    return this.stream.changesBy(retractableGroupAggregate<K, T, R>(aggregate, options, this.key), options)
  }

  /** Full changes of what comes as upserts and deletes of rows with this key: with the row before each update, and whole rows in deletes. */
  normalise(options: ChangeOptions & Named = {}): ChangeStream<T> {
    return this.stream.changesBy(normalise(options, this.key), options)
  }
}
