import { type Aggregate, StreamError } from '@rtp/stream-core/extend'
import { DDSketch } from './dd-sketch.ts'
import { checkRange } from './options.ts'
import { sketchAggregate } from './sketch-aggregate.ts'

export interface QuantilesOptions {
  /** A quantile is at most this part of itself away from the exact one. Default 0.01: between 99 and 101 where 100 is exact. */
  readonly relativeAccuracy?: number
}

/**
 * Quantiles of `of(record)`, e.g. `quantiles(r => r.ms, [0.5, 0.99])`, in the order in which they are asked for, by DDSketch. Quantile q of n numbers is the one with
 * floor(q * (n - 1)) others before it. At 1 % the bound on the error holds for all numbers whose amounts are within a factor of 10^17, positive and
 * negative ones apart; beyond, the smallest amounts become one. NaN when there was no number. `of` may return undefined, to leave a record
 * out; NaN and infinities fail.
 */
export function quantiles<T, const Q extends readonly number[]>(
  of: (value: T) => number | undefined,
  at: Q,
  { relativeAccuracy = 0.01 }: QuantilesOptions = {},
): Aggregate<T, { readonly [Place in keyof Q]: number }> {
  checkRange('relativeAccuracy', relativeAccuracy, 0.0001, 0.5)
  if (at.length === 0) {
    throw new StreamError(
      'AGGREGATE_INVALID',
      'quantiles() of no quantile computes nothing. Ask for some: [0.5, 0.99].',
    )
  }
  for (const quantile of at) checkRange('a quantile', quantile, 0, 1)
  type Result = { readonly [Place in keyof Q]: number }
  const create = () => new DDSketch(relativeAccuracy)
  return sketchAggregate<T, DDSketch, Result>(`quantiles ${at.join(', ')} within ${relativeAccuracy * 100} %`, {
    create,
    add(sketch, value) {
      const x = of(value)
      if (x === undefined) return
      if (!Number.isFinite(x)) throw notFinite(x)
      sketch.add(x)
    },
    merge: (into, from) => into.merge(from),
    result: sketch => at.map(quantile => sketch.quantile(quantile)) as unknown as Result,
    write(sketch, state) {
      state.uint8(STATE_VERSION).float64(relativeAccuracy)
      sketch.write(state)
    },
    read(state) {
      checkVersion(state.uint8())
      checkAccuracy(state.float64(), relativeAccuracy)
      const sketch = create()
      sketch.read(state)
      return sketch
    },
  })
}

function notFinite(x: unknown): StreamError {
  const found = typeof x === 'number' ? x : `a ${typeof x}`
  return new StreamError(
    'AGGREGATE_INVALID',
    `quantiles() got ${found}, which has no place among numbers. Return undefined to leave the record out.`,
  )
}

function checkAccuracy(stored: number, wanted: number): void {
  if (stored === wanted) return
  throw new StreamError(
    'STATE_INVALID',
    `quantiles() kept its state with relativeAccuracy ${stored}, and is now asked for ${wanted}. Leave it, or start under a new name.`,
  )
}

function checkVersion(version: number): void {
  if (version === STATE_VERSION) return
  throw new StreamError(
    'CHECKPOINT_NEWER_VERSION',
    `quantiles() of version ${version}; this release reads ${STATE_VERSION}. Update @rtp/sketches.`,
  )
}

const STATE_VERSION = 1
