import { isDeepStrictEqual } from 'node:util'
import type { Emission } from './run-script.ts'
import type { OutputItem } from './script.ts'

/** An expected record whose `time` is left out may have any. */
export type ExpectedItem<Out> =
  | { readonly value: Out; readonly time?: number }
  | Exclude<OutputItem<Out>, { value: Out }>

/** 'strict': as listed. 'betweenWatermarks': records between the same two watermarks in any order. */
export type OutputOrder = 'strict' | 'betweenWatermarks'

export interface Difference {
  readonly at: number
  readonly expected: ExpectedItem<unknown> | undefined
  readonly actual: Emission | undefined
}

/** Where the output first differs; undefined when it does not. With `recordsOnly`, watermarks and idle marks do not count. */
export function firstDifference(
  expected: readonly ExpectedItem<unknown>[],
  emissions: readonly Emission[],
  order: OutputOrder,
  recordsOnly: boolean,
): Difference | undefined {
  const counted = recordsOnly ? emissions.filter(({ item }) => 'value' in item) : emissions
  const left = settled(expected, item => item)
  const right = settled(counted, emission => emission.item)
  const paired = order === 'strict' ? right : matchStretches(left, right)
  for (let at = 0; at < Math.max(left.length, paired.length); at++) {
    const [one, other] = [left[at], paired[at]]
    if (one === undefined || other === undefined || !matches(one, other.item))
      return { at, expected: one, actual: other }
  }
  return undefined
}

/** Of watermarks with nothing between them only the last one tells; how many there are depends on where batches end. */
function settled<T>(items: readonly T[], itemOf: (item: T) => ExpectedItem<unknown>): T[] {
  return items.filter((item, i) => {
    const next = items[i + 1]
    return next === undefined || !('watermark' in itemOf(item)) || !('watermark' in itemOf(next))
  })
}

/** Brings the records of each stretch between marks into the expected order, as far as they match. */
function matchStretches(expected: readonly ExpectedItem<unknown>[], actual: readonly Emission[]): Emission[] {
  const result = [...actual]
  let end = 0
  for (let at = 0; at < result.length; at++) {
    if (!('value' in result[at]!.item)) continue
    if (at >= end) for (end = at; end < result.length && 'value' in result[end]!.item; ) end++
    const wanted = expected[at]
    const found = result.findIndex((one, i) => i >= at && i < end && wanted !== undefined && matches(wanted, one.item))
    if (found > at) result.splice(at, 0, ...result.splice(found, 1))
  }
  return result
}

function matches(expected: ExpectedItem<unknown>, actual: OutputItem<unknown>): boolean {
  if (!('value' in expected) || !('value' in actual)) return isDeepStrictEqual(expected, actual)
  const isTime = expected.time === undefined || Object.is(expected.time, actual.time)
  return isTime && isDeepStrictEqual(expected.value, actual.value)
}
