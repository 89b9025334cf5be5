import type { Aggregate } from '../aggregates/aggregate.ts'
import { type Aggregates, combine } from '../aggregates/combine.ts'
import { reduction } from '../aggregates/custom.ts'
import { type WindowAggregateOptions, windowAggregate } from '../operators/windows/window-aggregate.ts'
import type { Key } from '../state/key.ts'
import type { Named } from './named.ts'
import { type Stream, WindowStream } from './stream.ts'

/** Records grouped by key and window; what to compute over them is still to be said. */
export class WindowedStream<K extends Key, T> {
  readonly #stream: Stream<T>
  readonly #windows: WindowAggregateOptions<T>
  readonly #named: Named

  constructor(stream: Stream<T>, windows: WindowAggregateOptions<T>, named: Named) {
    this.#stream = stream
    this.#windows = windows
    this.#named = named
  }

  /** Computes named aggregates in one pass; the result has the same names: `aggregate({ mean: mean(r => r.celsius), count: count() })`. */
  aggregate<R extends object>(aggregates: Aggregates<T, R>): WindowStream<K, T, R> {
    return this.#compute(combine<T, R>(aggregates))
  }

  /** Combines the records of each window by `fn`. */
  reduce(fn: (a: T, b: T) => T): WindowStream<K, T, T> {
    return this.#compute(reduction(fn))
  }

  #compute<R>(aggregate: Aggregate<T, R>): WindowStream<K, T, R> {
    const edge = this.#stream.append(windowAggregate<K, T, R>(aggregate, this.#windows), this.#named)
    return new WindowStream<K, T, R>(this.#stream.pipeline, edge)
  }
}
