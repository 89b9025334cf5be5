import type { ExpectedResult, ResultOrder } from './conformance-case.ts'
import { type Difference, fieldsOf, type Got, hasFields, isMark, textOfResult } from './results.ts'

export interface Comparison {
  readonly order: ResultOrder
  /** True when it does not matter after which item a result came. */
  readonly anyTime: boolean
}

/** The first difference; undefined when the results are what is expected. */
export function compareResults(
  expected: readonly ExpectedResult[],
  got: readonly Got[],
  comparison: Comparison,
): Difference | undefined {
  const outputs = new Set([...expected, ...got.map(one => one.result)].map(result => result.output))
  for (const output of outputs) {
    // Nothing is said of the order between two outputs.
    const own = expected.filter(result => result.output === output)
    const ownGot = got.filter(({ result }) => result.output === output)
    const difference = compareOutput(own, ownGot, comparison)
    if (difference !== undefined) return difference
  }
  return undefined
}

function compareOutput(
  expected: readonly ExpectedResult[],
  got: readonly Got[],
  { order, anyTime }: Comparison,
): Difference | undefined {
  const matches: Matches = (one, other) => hasFields(one, other.result) && (anyTime || isInTime(one, other.after))
  if (order === 'strict') return compareSequences(expected, got, matches)
  if (order === 'any') return compareSets(expected, got, matches)
  if (order === 'strictBetweenWatermarks') return compareStretches(expected, got, matches)
  return anyTime ? compareGroups(expected, got, matches) : (compareSets(expected, got, matches) ?? checkMarksLast(got))
}

type Matches = (expected: ExpectedResult, got: Got) => boolean

function isInTime({ after, earliestAfter = after }: ExpectedResult, got: number): boolean {
  return after === undefined || (got >= earliestAfter! && got <= after)
}

function compareSequences(
  expected: readonly ExpectedResult[],
  got: readonly Got[],
  matches: Matches,
): Difference | undefined {
  for (let at = 0; at < Math.max(expected.length, got.length); at++) {
    const [one, other] = [expected[at], got[at]]
    if (one === undefined || other === undefined || !matches(one, other)) {
      return { expected: textOfExpected(one), got: textOfGot(other) }
    }
  }
  return undefined
}

/** Pairs every expected result with one of its own: a result may fit several, so a pair that is in the way is tried elsewhere. */
function compareSets(
  expected: readonly ExpectedResult[],
  got: readonly Got[],
  matches: Matches,
): Difference | undefined {
  const takenBy = new Map<number, number>()

  function pair(at: number, tried: Set<number>): boolean {
    for (const [candidate, one] of got.entries()) {
      if (tried.has(candidate) || !matches(expected[at]!, one)) continue
      tried.add(candidate)
      const owner = takenBy.get(candidate)
      if (owner !== undefined && !pair(owner, tried)) continue
      takenBy.set(candidate, at)
      return true
    }
    return false
  }

  const missing = expected.find((_, at) => !pair(at, new Set()))
  const surplus = got.find((_, at) => !takenBy.has(at))
  if (missing === undefined && surplus === undefined) return undefined
  return { expected: textOfExpected(missing), got: textOfGot(surplus) }
}

/** Marks in their place, the records between two of them as a set. */
function compareStretches(
  expected: readonly ExpectedResult[],
  got: readonly Got[],
  matches: Matches,
): Difference | undefined {
  const left = cutAtMarks(expected, one => one)
  const right = cutAtMarks(got, one => one.result)
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = compareSets(left[at] ?? [], right[at] ?? [], matches)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** Stretches of records and, each on its own, the marks between them. */
function cutAtMarks<T>(items: readonly T[], resultOf: (item: T) => ExpectedResult): T[][] {
  const stretches: T[][] = [[]]
  for (const item of items) {
    if (isMark(resultOf(item))) stretches.push([item], [])
    else stretches.at(-1)!.push(item)
  }
  return stretches
}

/** Without times: results that the case gives to one input item as a set, the sets in order. */
function compareGroups(
  expected: readonly ExpectedResult[],
  got: readonly Got[],
  matches: Matches,
): Difference | undefined {
  let at = 0
  while (at < expected.length) {
    const { after } = expected[at]!
    let end = at
    while (end < expected.length && expected[end]!.after === after) end++
    const difference = compareSets(expected.slice(at, end), got.slice(at, end), matches)
    if (difference !== undefined) return difference
    at = end
  }
  return compareSets([], got.slice(at), matches)
}

/** The results of an input item stand before the watermark that it moves. */
function checkMarksLast(got: readonly Got[]): Difference | undefined {
  for (const [at, { after, result }] of got.entries()) {
    const before = got[at - 1]
    if (before === undefined || before.after !== after || !('watermark' in before.result) || isMark(result)) continue
    return { expected: `${textOfGot(got[at])}, before the watermark`, got: `it behind ${textOfGot(before)}` }
  }
  return undefined
}

function textOfExpected(expected: ExpectedResult | undefined): string {
  if (expected === undefined) return 'nothing more'
  const { after, earliestAfter } = expected
  const text = textOfResult(fieldsOf(expected))
  if (after === undefined) return text
  return earliestAfter === undefined
    ? `${text}, after item ${after}`
    : `${text}, after item ${earliestAfter} to ${after}`
}

function textOfGot(got: Got | undefined): string {
  return got === undefined ? 'nothing more' : textOfResult(got.result, got.after)
}
