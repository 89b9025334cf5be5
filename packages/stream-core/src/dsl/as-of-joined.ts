import { type AsOfJoinOptions, asOfJoin } from '../operators/joins/as-of-join.ts'
import { latestJoin } from '../operators/joins/latest-join.ts'
import type { RowOf } from '../operators/joins/row-of.ts'
import type { Key } from '../state/key.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { Named } from './named.ts'
import { AsOfStream, Stream } from './stream.ts'

/** A stream and the versioned table that it looks things up in, as of the records' times; which rows come out is still to be said. */
export class AsOfJoined<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>

  constructor(left: KeyedStream<K, L>, right: KeyedStream<K, R>) {
    this.#left = left
    this.#right = right
  }

  /** Each left record for which there is a version. */
  inner<O>(combine: (left: L, right: RowOf<R>) => O, named?: Named): AsOfStream<R, O> {
    return this.#join({ kind: 'inner', combine: combine as AsOfJoinOptions<L, R, O>['combine'] }, named)
  }

  /** Each left record, with null where there is no version. */
  left<O>(combine: (left: L, right: RowOf<R> | null) => O, named?: Named): AsOfStream<R, O> {
    return this.#join({ kind: 'left', combine }, named)
  }

  #join<O>(options: Omit<AsOfJoinOptions<L, R, O>, 'keys'>, named: Named | undefined): AsOfStream<R, O> {
    const spec = asOfJoin<L, R, O>({ ...options, keys: [this.#left.key, this.#right.key] })
    const { stream } = this.#left
    return new AsOfStream<R, O>(stream.pipeline, stream.append(spec, named, [this.#right.stream]))
  }
}

/** A stream and the table that it looks things up in, as it is when a record comes; which rows come out is still to be said. */
export class LatestJoined<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>

  constructor(left: KeyedStream<K, L>, right: KeyedStream<K, R>) {
    this.#left = left
    this.#right = right
  }

  /** Each left record for which there is a row. */
  inner<O>(combine: (left: L, right: RowOf<R>) => O, named?: Named): Stream<O> {
    return this.#join({ kind: 'inner', combine: combine as AsOfJoinOptions<L, R, O>['combine'] }, named)
  }

  /** Each left record, with null where there is no row. */
  left<O>(combine: (left: L, right: RowOf<R> | null) => O, named?: Named): Stream<O> {
    return this.#join({ kind: 'left', combine }, named)
  }

  #join<O>(options: Omit<AsOfJoinOptions<L, R, O>, 'keys'>, named: Named | undefined): Stream<O> {
    const spec = latestJoin<L, R, O>({ ...options, keys: [this.#left.key, this.#right.key] })
    const { stream } = this.#left
    return new Stream<O>(stream.pipeline, stream.append(spec, named, [this.#right.stream]))
  }
}
