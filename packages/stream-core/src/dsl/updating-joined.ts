import type { Change } from '../batch/change.ts'
import type { JoinKind } from '../operators/joins/join-kind.ts'
import type { RowOf } from '../operators/joins/row-of.ts'
import { updatingJoin } from '../operators/joins/updating-join.ts'
import type { Key } from '../state/key.ts'
import { checkDuration } from '../time/duration.ts'
import type { TimeDomain } from '../windows/window-assigner.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { Named } from './named.ts'
import { JoinStream } from './stream.ts'

export interface UpdatingJoinOptions<L, R> {
  /** What tells the left rows of a key apart; a row with the id of another one replaces it. Default: their content, and equal rows are counted. */
  readonly leftId?: (row: RowOf<L>) => Key
  readonly rightId?: (row: RowOf<R>) => Key
  /**
   * Ms for which a row is kept after it was put. It is then forgotten without a change: pairs that are out stay out, and new partners do not find it.
   * Default: for ever, so that state grows with the tables.
   */
  readonly ttl?: number
  /** Which clock `ttl` goes by: the watermark, from the row's event time on (default), or the wall clock, from when it came. */
  readonly ttlTime?: TimeDomain
}

/** Two tables, each described by its changelog, that are joined; which rows come out is still to be said. */
export class UpdatingJoined<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>
  readonly #options: UpdatingJoinOptions<L, R>

  constructor(left: KeyedStream<K, L>, right: KeyedStream<K, R>, options: UpdatingJoinOptions<L, R>) {
    if (options.ttl !== undefined) checkDuration('ttl', options.ttl)
    this.#left = left
    this.#right = right
    this.#options = options
  }

  /** Every pair of rows that have one key. */
  inner<O>(combine: (left: RowOf<L>, right: RowOf<R>) => O, named?: Named): JoinStream<L, R, Change<O>> {
    return this.#join<O>('inner', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and each left row that has no partner. */
  left<O>(combine: (left: RowOf<L>, right: RowOf<R> | null) => O, named?: Named): JoinStream<L, R, Change<O>> {
    return this.#join<O>('left', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and each right row that has no partner. */
  right<O>(combine: (left: RowOf<L> | null, right: RowOf<R>) => O, named?: Named): JoinStream<L, R, Change<O>> {
    return this.#join<O>('right', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and each row of either side that has no partner. */
  full<O>(combine: Combine<L, R, O>, named?: Named): JoinStream<L, R, Change<O>> {
    return this.#join<O>('full', combine, named)
  }

  #join<O>(kind: JoinKind, combine: Combine<L, R, O>, named: Named | undefined): JoinStream<L, R, Change<O>> {
    const { leftId, rightId, ttl = Number.POSITIVE_INFINITY, ttlTime = 'event' } = this.#options
    const spec = updatingJoin<L, R, O>({
      keys: [this.#left.key, this.#right.key],
      kind,
      ids: [leftId, rightId],
      ttlMs: ttl,
      ttlTime,
      combine,
    })
    const { stream } = this.#left
    return new JoinStream<L, R, Change<O>>(stream.pipeline, stream.append(spec, named, [this.#right.stream]))
  }
}

type Combine<L, R, O> = (left: RowOf<L> | null, right: RowOf<R> | null) => O
