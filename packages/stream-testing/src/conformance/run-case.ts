import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '@rtp/stream-core/extend'
import { CaseOptions } from './case-options.ts'
import { compareResults } from './compare-results.ts'
import type { CaseInput, CaseResult, ConformanceCase, ExpectedResult } from './conformance-case.ts'
import { type ConformanceKind, type ConformanceSubject, UnsupportedCase } from './conformance-kind.ts'
import { isExpectedError } from './expected-error.ts'
import { type Difference, type Got, isMark, textOfResult, textOfValue } from './results.ts'
import { type Way, waysToRun } from './ways-to-run.ts'

/** A difference, and in which way of running the case and in which part of the output it was found. */
export interface Failure extends Difference {
  readonly reason: string
}

/** Runs a case in every way in which it can be run. Resolves with what is wrong, undefined when nothing is. */
export async function runCase(kind: ConformanceKind, testCase: ConformanceCase): Promise<Failure | undefined> {
  let reference: CaseRun | undefined
  for (const way of waysToRun(testCase)) {
    const run = await runWay(kind, testCase, way)
    if (run === undefined) continue
    const problem = way.cutsItems ? compareRuns(reference!, run) : checkRun(kind, testCase, run)
    if (problem !== undefined) return { ...problem, reason: [way.name, problem.part].filter(Boolean).join(', ') }
    reference ??= run
  }
  return undefined
}

interface CaseRun {
  readonly results: readonly Got[]
  readonly late: readonly Got[]
  readonly states: ReadonlyMap<number, Readonly<Record<string, unknown>> | undefined>
  /** What the operator failed with, and at which item: -1 while it was built. */
  readonly error: { readonly cause: unknown; readonly at: number } | undefined
}

/** Undefined when the operator cannot be run in this way. */
async function runWay(kind: ConformanceKind, testCase: ConformanceCase, way: Way): Promise<CaseRun | undefined> {
  const results: Got[] = []
  const late: Got[] = []
  const states = new Map<number, Readonly<Record<string, unknown>> | undefined>()
  const { input, operator } = testCase
  const { kind: _kind, dialect: _dialect, ...values } = operator
  let at = -1
  try {
    const options = new CaseOptions(values)
    const subject = kind.start(options)
    options.checkAllRead()
    if (!way.suits(subject)) return undefined

    const collect = () => {
      const output = subject.take()
      for (const result of output.results) results.push({ after: at, result })
      for (const result of output.late) late.push({ after: at, result })
    }
    for (const step of way.steps) {
      at = step.last
      await feed(subject, step.items, way)
      if (at === input.length - 1) await subject.finish?.()
      collect()
      if (testCase.state?.some(({ after }) => after === at)) states.set(at, subject.state?.())
      if (way.restoresAlways) await subject.restore!(way.snapshots)
    }
    return { results, late, states, error: undefined }
  } catch (cause) {
    if (cause instanceof UnsupportedCase) throw cause
    return { results, late, states, error: { cause, at } }
  }
}

async function feed(subject: ConformanceSubject, items: readonly CaseInput[], way: Way): Promise<void> {
  const [first] = items
  if (items.length > 1) return subject.feedTogether!(items)
  if (first === undefined) return
  if (!('snapshotRestore' in first)) return subject.feed(first)
  if (subject.restore === undefined) throw new UnsupportedCase('the adapter cannot restore its operator')
  return subject.restore(way.snapshots)
}

function checkRun(kind: ConformanceKind, testCase: ConformanceCase, run: CaseRun): Problem | undefined {
  const { expectError, order = 'perInput', late, state } = testCase
  const wrongError = checkError(testCase, run)
  if (wrongError !== undefined) return wrongError
  const comparison = { order, anyTime: testCase.emission === 'stream' }
  const got = run.results.filter(({ result }) => isCompared(kind, testCase, result))
  // An operator that has failed as it should need not go on.
  const expected = expectError === undefined ? testCase.expected : reached(testCase.expected, run)
  return (
    compareResults(expected, got, comparison) ??
    inPart('late output', late && compareResults(late, run.late, comparison)) ??
    inPart('state', state && checkStates(state, run))
  )
}

function checkError({ expectError }: ConformanceCase, { error }: CaseRun): Problem | undefined {
  const got = error === undefined ? 'none' : messageOf(error.cause) + placeOf(error.at)
  if (expectError === undefined) return error && { expected: 'no error', got }
  const expected = `the error ${expectError}`
  if (error === undefined) return { expected, got }
  if (isExpectedError(expectError, error.cause)) return undefined
  return { expected, got }
}

function placeOf(at: number): string {
  return at < 0 ? ' while it was built' : ` at item ${at}`
}

function reached(expected: readonly ExpectedResult[], { error }: CaseRun): readonly ExpectedResult[] {
  return expected.filter(({ after = 0 }) => after < error!.at)
}

/**
 * Watermarks and statuses count in an output of which the case expects some, and where the operator is there to make them. The last watermark, which ends every output, counts
 * where the case names it.
 */
function isCompared(kind: ConformanceKind, { expected }: ConformanceCase, result: CaseResult): boolean {
  if (!isMark(result)) return true
  const own = expected.filter(({ output }) => output === result.output)
  const makesMarks = kind.watermarksAreResults === true && result.output === undefined
  if ('status' in result) return makesMarks || own.some(one => 'status' in one)
  if (result['watermark'] === Number.POSITIVE_INFINITY) {
    return own.some(one => one['watermark'] === Number.POSITIVE_INFINITY)
  }
  return makesMarks || own.some(one => 'watermark' in one)
}

function checkStates(expected: readonly ExpectedResult[], { states }: CaseRun): Difference | undefined {
  for (const { after, ...fields } of expected) {
    const got = states.get(after!)
    if (got === undefined) throw new UnsupportedCase('the adapter does not tell the state of its operator')
    const differs = Object.keys(fields).some(name => !isDeepStrictEqual(sorted(fields[name]), sorted(got[name])))
    if (differs) return { expected: textOfResult(fields, after), got: textOfValue(got) }
  }
  return undefined
}

/** What is buffered is a set. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...value].sort((a, b) => a - b) : value
}

/** The output of an operator must not depend on where batches end. */
function compareRuns(reference: CaseRun, run: CaseRun): Problem | undefined {
  if (run.error !== undefined) return { expected: 'no error', got: messageOf(run.error.cause) + placeOf(run.error.at) }
  const comparison = { order: 'strict', anyTime: true } as const
  const records = (got: readonly Got[]) => got.filter(({ result }) => !isMark(result))
  const asExpected = (got: readonly Got[]) => records(got).map(({ result }) => result)
  return (
    compareResults(asExpected(reference.results), records(run.results), comparison) ??
    inPart('late output', compareResults(asExpected(reference.late), records(run.late), comparison))
  )
}

/** A difference in a part of the output other than the main one. */
interface Problem extends Difference {
  readonly part?: string
}

function inPart(part: string, difference: Difference | undefined): Problem | undefined {
  return difference && { ...difference, part }
}
