import { type Aggregate, checkKey, decodeKey, encodeKey, type Key, StreamError } from '@rtp/stream-core/extend'
import { checkWhole } from './options.ts'
import { sketchAggregate } from './sketch-aggregate.ts'

export interface HeavyHittersOptions {
  /** How many values the result has at most. */
  readonly k: number
  /** Counters for each key and window. Default: 10 k, at least 100. Counts are off by at most records / (counters + 1). */
  readonly counters?: number
}

/** A frequent value: it came at least `atLeast` and at most `atMost` times. */
export interface HeavyHitter<V> {
  readonly value: V
  readonly atLeast: number
  readonly atMost: number
}

/**
 * The values of `of(record)` that are most frequent, the first one first: the algorithm of Misra and Gries (Science of Computer Programming 2, 1982), merged as
 * Agarwal et al. do (Mergeable summaries, PODS 2012). Of n records, counts are off by no more than n / (counters + 1), and every value that came
 * more often than that is among the counters; counts are exact as long as there are no more different values than counters. Values are compared as
 * keys are; undefined leaves a record out.
 */
export function heavyHitters<T, V extends Key>(
  of: (value: T) => V | undefined,
  { k, counters = Math.max(100, 10 * k) }: HeavyHittersOptions,
): Aggregate<T, HeavyHitter<V>[]> {
  checkWhole('k', k, 1)
  checkWhole('counters', counters, k)
  return sketchAggregate<T, Frequencies, HeavyHitter<V>[]>(`the ${k} most frequent of ${counters}`, {
    create: () => ({ counts: new Map(), missed: 0 }),
    add(sketch, value) {
      const key = of(value)
      if (key === undefined) return
      checkKey(key)
      const text = encodeKey(key)
      sketch.counts.set(text, (sketch.counts.get(text) ?? 0) + 1)
      // Twice as many are let in before some are thrown out, so that a record costs little on average.
      if (sketch.counts.size > 2 * counters) throwOut(sketch, counters)
    },
    merge(into, from) {
      for (const [text, count] of from.counts) into.counts.set(text, (into.counts.get(text) ?? 0) + count)
      into.missed += from.missed
      if (into.counts.size > 2 * counters) throwOut(into, counters)
    },
    result: ({ counts, missed }) =>
      [...counts]
        .sort(([textA, a], [textB, b]) => b - a || (textA < textB ? -1 : 1))
        .slice(0, k)
        .map(([text, count]) => ({ value: decodeKey(text) as V, atLeast: count, atMost: count + missed })),
    write({ counts, missed }, state) {
      state.uint8(STATE_VERSION).uint(missed).uint(counts.size)
      for (const [text, count] of counts) state.text(text).uint(count)
    },
    read(state) {
      const version = state.uint8()
      if (version !== STATE_VERSION) throw newer(version)
      const sketch: Frequencies = { missed: state.uint(), counts: new Map() }
      for (let left = state.uint(); left > 0; left--) sketch.counts.set(state.text(), state.uint())
      return sketch
    },
  })
}

interface Frequencies {
  /** By the key's text; each is too small by `missed` at most. */
  readonly counts: Map<string, number>
  missed: number
}

/** Takes the count of the first one too many from all, which leaves no more than `counters`. */
function throwOut(sketch: Frequencies, counters: number): void {
  const largestFirst = Float64Array.from(sketch.counts.values()).sort().reverse()
  const taken = largestFirst[counters]!
  for (const [text, count] of sketch.counts) {
    if (count > taken) sketch.counts.set(text, count - taken)
    else sketch.counts.delete(text)
  }
  sketch.missed += taken
}

function newer(version: number): StreamError {
  return new StreamError(
    'CHECKPOINT_NEWER_VERSION',
    `heavyHitters() of version ${version}; this release reads ${STATE_VERSION}. Update @rtp/sketches.`,
  )
}

const STATE_VERSION = 1
