import { inspect, isDeepStrictEqual } from 'node:util'
import type { CaseResult, ExpectedResult } from './conformance-case.ts'

/** A result, and the index of the input item behind which it came. */
export interface Got {
  readonly after: number
  readonly result: CaseResult
}

/** What should have come and what did, in words. */
export interface Difference {
  readonly expected: string
  readonly got: string
}

/** What is compared of an expected result: all but when it may come. */
export function fieldsOf(expected: ExpectedResult): CaseResult {
  const { after: _after, earliestAfter: _earliest, ...fields } = expected
  return fields
}

export function isMark(result: CaseResult): boolean {
  return 'watermark' in result || 'status' in result
}

/** True when `got` has all fields of `expected`; it may have more. `windows` and `members` are sets. */
export function hasFields(expected: CaseResult, got: CaseResult): boolean {
  // A mark is no record, whatever fields the two share.
  if (isMark(expected) !== isMark(got) || expected.output !== got.output) return false
  return Object.entries(fieldsOf(expected)).every(
    ([name, value]) => isEqual(value, got[name]) || isSameSet(name, value, got[name]),
  )
}

/** -0 is 0: JSON knows no difference. */
function isEqual(expected: unknown, got: unknown): boolean {
  return expected === got || isDeepStrictEqual(expected, got)
}

function isSameSet(name: string, expected: unknown, got: unknown): boolean {
  if (name !== 'windows' && name !== 'members') return false
  if (!Array.isArray(expected) || !Array.isArray(got) || expected.length !== got.length) return false
  const left: unknown[] = [...got]
  return expected.every(one => {
    const at = left.findIndex(other => isDeepStrictEqual(one, other))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

/** One line, for people. */
export function textOfResult(result: CaseResult, after?: number): string {
  const fields = Object.entries(fieldsOf(result)).filter(([, value]) => value !== undefined)
  const text = fields.map(([name, value]) => `${name} ${textOfValue(value)}`).join(', ')
  return after === undefined ? text : `${text}, after item ${after}`
}

export function textOfValue(value: unknown): string {
  return inspect(value, { depth: 8, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: null })
}
