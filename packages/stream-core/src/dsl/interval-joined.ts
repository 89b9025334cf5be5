import { StreamError } from '../errors.ts'
import { intervalJoin, type ResultTime } from '../operators/joins/interval-join.ts'
import type { Combine, JoinKind } from '../operators/joins/join-kind.ts'
import type { Key } from '../state/key.ts'
import type { TimeDomain } from '../windows/window-assigner.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { Named } from './named.ts'
import { JoinStream } from './stream.ts'

export interface BetweenOptions {
  /** Whether a right time of exactly left time + lower matches. Default true. */
  readonly lowerInclusive?: boolean
  /** Whether a right time of exactly left time + upper matches. Default true. */
  readonly upperInclusive?: boolean
  /** Default 'event'. With 'processing' a record's time is the wall clock when it arrives, so results depend on when the job runs. */
  readonly time?: TimeDomain
  /**
   * Event time of a pair: that of its later record (default), or of its earlier one; the watermark that goes on is then held back, so that pairs are not
   * late for what follows.
   */
  readonly resultTime?: ResultTime
}

/** Two keyed streams that are to be joined; within which bounds is still to be said. */
export class IntervalJoinStart<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>

  constructor(left: KeyedStream<K, L>, right: KeyedStream<K, R>) {
    this.#left = left
    this.#right = right
  }

  /**
   * A left and a right record match when left time + lower <= right time <= left time + upper, in ms; bounds may be negative:
   * `between(seconds(-5), minutes(1))`. Records are kept as long as one that matches may come.
   */
  between(lower: number, upper: number, options: BetweenOptions = {}): IntervalJoined<K, L, R> {
    checkBound('lower', lower)
    checkBound('upper', upper)
    const { lowerInclusive = true, upperInclusive = true } = options
    const bounds = { lowerMs: lowerInclusive ? lower : lower + 1, upperMs: upperInclusive ? upper : upper - 1 }
    if (bounds.lowerMs > bounds.upperMs) {
      throw new StreamError(
        'JOIN_INVALID',
        `no time is between ${lower} and ${upper} ms${lowerInclusive && upperInclusive ? '' : ', exclusive'}: nothing could ever match. Give the lower bound first.`,
      )
    }
    return new IntervalJoined(this.#left, this.#right, bounds, options)
  }
}

/** Two keyed streams and the bounds of their times; which rows come out is still to be said. */
export class IntervalJoined<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>
  readonly #bounds: { readonly lowerMs: number; readonly upperMs: number }
  readonly #options: BetweenOptions

  constructor(
    left: KeyedStream<K, L>,
    right: KeyedStream<K, R>,
    bounds: { readonly lowerMs: number; readonly upperMs: number },
    options: BetweenOptions,
  ) {
    this.#left = left
    this.#right = right
    this.#bounds = bounds
    this.#options = options
  }

  /** Every pair that matches, when its second record arrives. Records behind the watermark go to `lateLeft()` and `lateRight()`. */
  inner<O>(combine: (left: L, right: R) => O, named?: Named): JoinStream<L, R, O> {
    return this.#join('inner', combine as Combine<L, R, O>, named)
  }

  /** Every pair that matches, and each left record that has no partner, once, when the watermark says that none can come. */
  left<O>(combine: (left: L, right: R | null) => O, named?: Named): JoinStream<L, R, O> {
    return this.#join('left', combine as Combine<L, R, O>, named)
  }

  /** Every pair that matches, and each right record that has no partner, once, when the watermark says that none can come. */
  right<O>(combine: (left: L | null, right: R) => O, named?: Named): JoinStream<L, R, O> {
    return this.#join('right', combine as Combine<L, R, O>, named)
  }

  /** Every pair that matches, and each record of either side that has no partner, once, when the watermark says that none can come. */
  full<O>(combine: Combine<L, R, O>, named?: Named): JoinStream<L, R, O> {
    return this.#join('full', combine, named)
  }

  #join<O>(kind: JoinKind, combine: Combine<L, R, O>, named: Named | undefined): JoinStream<L, R, O> {
    const { time = 'event', resultTime = 'later' } = this.#options
    const spec = intervalJoin<L, R, O>({
      keys: [this.#left.key, this.#right.key],
      kind,
      ...this.#bounds,
      time,
      resultTime,
      combine,
    })
    const edge = this.#left.stream.append(spec, named, [this.#right.stream])
    return new JoinStream<L, R, O>(this.#left.stream.pipeline, edge)
  }
}

function checkBound(name: string, ms: number): void {
  if (Number.isSafeInteger(ms)) return
  throw new StreamError(
    'JOIN_INVALID',
    `the ${name} bound must be a whole number of milliseconds; got ${ms}. Use seconds(-5), minutes(1), ...`,
  )
}
