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
    if (one === undefined || other === undefined || !matches(one, other.item)) return { expected: one, actual: other }
  }
  return undefined
}

/**
 * Between two records only the last watermark and a change of idleness that lasts tell something: how many marks there are depends on where
 * batches end, when the record that moved them was dropped.
 */
function settled<T>(items: readonly T[], itemOf: (item: T) => ExpectedItem<unknown>): T[] {
  const result: T[] = []
  let wasIdle = false
  let isIdle = false
  let watermark: T | undefined
  let status: T | undefined

  function settle(): void {
    if (watermark !== undefined) result.push(watermark)
    if (status !== undefined && isIdle !== wasIdle) result.push(status)
    wasIdle = isIdle
    watermark = status = undefined
  }

  for (const one of items) {
    const item = itemOf(one)
    if ('value' in item) {
      settle()
      result.push(one)
    } else if ('watermark' in item) {
      watermark = one
    } else {
      status = one
      isIdle = 'idle' in item
    }
  }
  settle()
  return result
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
