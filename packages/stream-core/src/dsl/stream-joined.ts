import { StreamError } from '../errors.ts'
import type { Combine, JoinKind } from '../operators/joins/join-kind.ts'
import { streamJoin } from '../operators/joins/stream-join.ts'
import type { Key } from '../state/key.ts'
import { checkDuration } from '../time/duration.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { Named } from './named.ts'
import { JoinStream } from './stream.ts'

export interface StreamJoinWindow {
  /** How long before the left record the right one may be, ms. Default 0. */
  readonly before?: number
  /** How long after the left record the right one may be, ms. Default 0. */
  readonly after?: number
  /** How long after the end of its window a record still waits for a partner that comes out of order, ms of stream time. Default 0. */
  readonly grace?: number
  /**
   * How long behind stream time records are kept for partners that come later than that, ms. Default, and least: before + after + grace. Kafka Streams' stores
   * keep whole segments, of a minute or more.
   */
  readonly retention?: number
}

/** Two keyed streams and the window in which they are joined by stream time; which rows come out is still to be said. */
export class StreamJoined<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>
  readonly #window: Required<StreamJoinWindow>

  constructor(left: KeyedStream<K, L>, right: KeyedStream<K, R>, window: StreamJoinWindow) {
    const { before = 0, after = 0, grace = 0 } = window
    for (const [name, ms] of Object.entries({ before, after, grace })) checkDuration(name, ms, { zero: true })
    const { retention = before + after + grace } = window
    checkDuration('retention', retention, { zero: true })
    if (retention < before + after + grace) {
      throw new StreamError(
        'JOIN_INVALID',
        `retention must be at least before + after + grace, ${before + after + grace} ms, or records would be gone before their partners come; got ${retention}.`,
      )
    }
    this.#left = left
    this.#right = right
    this.#window = { before, after, grace, retention }
  }

  /** Every pair in the window, when its second record arrives. */
  inner<O>(combine: (left: L, right: R) => O, named?: Named): JoinStream<L, R, O> {
    return this.#join('inner', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and each left record that has no partner when its window and the grace are over. */
  left<O>(combine: (left: L, right: R | null) => O, named?: Named): JoinStream<L, R, O> {
    return this.#join('left', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and each record of either side that has no partner when its window and the grace are over. */
  outer<O>(combine: Combine<L, R, O>, named?: Named): JoinStream<L, R, O> {
    return this.#join('full', combine, named)
  }

  #join<O>(kind: JoinKind, combine: Combine<L, R, O>, named: Named | undefined): JoinStream<L, R, O> {
    const { before, after, grace, retention } = this.#window
    const spec = streamJoin<L, R, O>({
      keys: [this.#left.key, this.#right.key],
      kind,
      beforeMs: before,
      afterMs: after,
      graceMs: grace,
      retentionMs: retention,
      combine,
    })
    const edge = this.#left.stream.append(spec, named, [this.#right.stream])
    return new JoinStream<L, R, O>(this.#left.stream.pipeline, edge)
  }
}
