import { type Aggregates, combine } from '../aggregates/combine.ts'
import { reduction } from '../aggregates/custom.ts'
import { windowOperator } from '../operators/windows/window-operator.ts'
import type {
  Accumulation,
  WindowComputation,
  WindowFunction,
  WindowSpec,
} from '../operators/windows/window-options.ts'
import type { Key } from '../state/key.ts'
import type { Named } from './named.ts'
import { type Stream, WindowChangeStream, WindowStream } from './stream.ts'

/** What windows give: results, or with `accumulation: 'retract'` the changes of results. */
export type WindowResults<K, T, R, M extends Accumulation> = M extends 'retract'
  ? WindowChangeStream<K, T, R>
  : WindowStream<K, T, R>

/** Records grouped by key and window; what to compute over them is still to be said. */
export class WindowedStream<K extends Key, T, M extends Accumulation = 'accumulate'> {
  readonly #stream: Stream<T>
  readonly #windows: WindowSpec<T>
  readonly #named: Named

  constructor(stream: Stream<T>, windows: WindowSpec<T>, { name }: Named) {
    this.#stream = stream
    this.#windows = windows
    this.#named = name === undefined ? {} : { name }
  }

  /** Computes named aggregates in one pass; the result has the same names: `aggregate({ mean: mean(r => r.celsius), count: count() })`. */
  aggregate<R extends object>(aggregates: Aggregates<T, R>): WindowResults<K, T, R, M>
  /** The same, and makes the results of each window by a function of the aggregates: none, one or several. */
  aggregate<A extends object, R>(aggregates: Aggregates<T, A>, fn: WindowFunction<K, A, R>): WindowResults<K, T, R, M>
  aggregate<A extends object, R>(aggregates: Aggregates<T, A>, fn?: WindowFunction<K, A, R>): unknown {
    const aggregate = combine<T, A>(aggregates)
    return this.#compute(fn === undefined ? { aggregate } : { aggregate, function: fn })
  }

  /** Combines the records of each window by `fn`. */
  reduce(fn: (a: T, b: T) => T): WindowResults<K, T, T, M> {
    return this.#compute({ aggregate: reduction(fn) })
  }

  /**
   * Makes the results of each window by a function of all its records, in order of arrival: none, one or several. The window keeps its records until
   * it is forgotten, so its memory grows with them. Flink's ProcessWindowFunction.
   */
  process<R>(fn: WindowFunction<K, readonly T[], R>): WindowResults<K, T, R, M> {
    return this.#compute({ function: fn })
  }

  #compute<R>(computation: WindowComputation<T>): WindowResults<K, T, R, M> {
    const { pipeline } = this.#stream
    const edge = this.#stream.append(windowOperator(this.#windows, computation), this.#named)
    const isRetracting = this.#windows.accumulation === 'retract'
    const results = isRetracting
      ? new WindowChangeStream<K, T, R>(pipeline, edge)
      : new WindowStream<K, T, R>(pipeline, edge)
    return results as WindowResults<K, T, R, M>
  }
}
