import { pipeline } from '@rtp/stream-core'
import { type Operator, type OperatorContext, type OperatorSpec, StreamError } from '@rtp/stream-core/extend'
import { describe, expect, test } from 'vitest'
import type { CaseElement, ConformanceCase } from '../../src/conformance/conformance-case.ts'
import {
  type ConformanceKind,
  type ConformanceSubject,
  UnsupportedCase,
} from '../../src/conformance/conformance-kind.ts'
import { LATE, operatorSubject } from '../../src/conformance/operator-subject.ts'
import { runConformanceCase } from '../../src/conformance/run-conformance-case.ts'
import { specOf } from '../../src/conformance/spec-of.ts'

/** A case for one of the kinds below. */
function caseOf(rest: Partial<ConformanceCase>): ConformanceCase {
  return { id: 'one', source: 'this test', operator: { kind: 'own' }, input: [], expected: [], ...rest }
}

function kindOf(start: ConformanceKind['start'], more: Partial<ConformanceKind> = {}): ConformanceKind {
  return { kind: 'own', dialects: ['own'], start, ...more }
}

/** A subject that gives these results once each item is fed. */
function subjectOf(
  resultsOf: (at: number) => Record<string, unknown>[],
  more: Partial<ConformanceSubject> = {},
): ConformanceSubject {
  let fed = 0
  let taken = 0
  return {
    feed: () => {
      fed++
    },
    take: () => {
      const results = []
      while (taken < fed) results.push(...resultsOf(taken++))
      return { results, late: [] }
    },
    ...more,
  }
}

const one = { element: { key: 'a', value: 1, ts: 1 } } as const

/** Sums what each key has seen; with a mistake where `mistake` says so. */
function sums(
  mistake?: 'forgetsChanges' | 'sumsPerBatch' | 'none',
): OperatorSpec<CaseElement, { key: string; sum: number }> {
  return {
    kind: 'sums',
    start: context => new Sums(context, mistake),
  }
}

class Sums implements Operator<CaseElement> {
  readonly #context: OperatorContext<{ key: string; sum: number }>
  readonly #mistake: string | undefined
  #sum = 0

  constructor(context: OperatorContext<{ key: string; sum: number }>, mistake: string | undefined) {
    this.#context = context
    this.#mistake = mistake
  }

  onBatch(batch: Parameters<Operator<CaseElement>['onBatch']>[0]): void {
    const results: unknown[] = batch.values
    const values = batch.values.map(element => element.value as number)
    const whole = this.#sum + values.reduce((sum, value) => sum + value, 0)
    for (const [at, { key }] of batch.values.entries()) {
      this.#sum += values[at]!
      results[at] = { key, sum: this.#mistake === 'sumsPerBatch' ? whole : this.#sum }
    }
    this.#context.output.push(batch as never)
  }

  snapshot(state: { float64(value: number): unknown }, scope: string): void {
    state.float64(this.#mistake === 'forgetsChanges' && scope === 'changes' ? 0 : this.#sum)
  }

  restore(state: { float64(): number }): void {
    this.#sum = state.float64()
  }
}

function sumKind(mistake?: Parameters<typeof sums>[0]): ConformanceKind {
  return kindOf(() => {
    const stream = pipeline('sums').from<CaseElement>([]).process(sums(mistake))
    return operatorSubject({ spec: specOf(stream), result: ({ key, sum }) => ({ key, value: sum }) })
  })
}

const twoElements = caseOf({
  input: [one, one],
  expected: [
    { after: 0, key: 'a', value: 1 },
    { after: 1, key: 'a', value: 2 },
  ],
})

async function failureOf(testCase: ConformanceCase, kind: ConformanceKind, timeoutMs?: number) {
  const report = await runConformanceCase(testCase, {
    kinds: [kind],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  return report.status === 'failed' ? report : undefined
}

describe('a case', () => {
  test('passes when the operator gives what it expects in every way to run it', async () => {
    expect(await runConformanceCase(twoElements, { kinds: [sumKind()] })).toEqual({ id: 'one', status: 'passed' })
  })

  test('fails when it gives something else, and says what', async () => {
    const wrong = {
      ...twoElements,
      expected: [
        { after: 0, key: 'a', value: 1 },
        { after: 1, key: 'a', value: 3 },
      ],
    }
    expect(await failureOf(wrong, sumKind())).toMatchObject({
      reason: 'item by item',
      expected: "key 'a', value 3, after item 1",
      got: "key 'a', value 2, after item 1",
    })
  })

  test('fails when the operator forgets something in its snapshots', async () => {
    expect(await failureOf(twoElements, sumKind('forgetsChanges'))).toMatchObject({
      reason: 'restored after every item from the changes since the start',
    })
  })

  test('fails when the output depends on where batches end', async () => {
    expect(await failureOf(twoElements, sumKind('sumsPerBatch'))).toMatchObject({ reason: 'in large batches' })
  })

  test('fails when the operator throws, naming the item', async () => {
    const kind = kindOf(() =>
      subjectOf(() => [], { feed: () => Promise.reject(new StreamError('KEY_INVALID', 'no key.')) }),
    )
    expect(await failureOf(caseOf({ input: [one] }), kind)).toMatchObject({
      expected: 'no error',
      got: 'KEY_INVALID: no key. at item 0',
    })
  })

  test('fails when there is no adapter for its kind or dialect', async () => {
    const kind = kindOf(() => subjectOf(() => []))
    expect(await failureOf(caseOf({ operator: { kind: 'other' } }), kind)).toMatchObject({
      reason: 'there is no adapter for kind "other"',
    })
    expect(await failureOf(caseOf({ operator: { kind: 'own', dialect: 'foreign' } }), kind)).toMatchObject({
      reason: 'there is no adapter for kind "own" in the dialect "foreign"',
    })
  })

  test('fails when it has an option that the adapter does not read, also inside another', async () => {
    const kind = kindOf(options => {
      options.nested('trigger')?.text('type')
      return subjectOf(() => [])
    })
    const operator = { kind: 'own', size: 5, trigger: { type: 'count', every: 2 } }
    expect(await failureOf(caseOf({ operator }), kind)).toMatchObject({
      reason: 'the adapter does not know size 5, trigger.every 2',
    })
  })

  test('fails when an option has another type than the adapter reads', async () => {
    const kind = kindOf(options => {
      const size = options.number('size')
      return subjectOf(() => [{ value: size }])
    })
    expect(await failureOf(caseOf({ operator: { kind: 'own', size: 'big' } }), kind)).toMatchObject({
      reason: 'size must be a number, it is "big"',
    })
  })

  test('fails when it asks for what the adapter refuses, even where it expects an error', async () => {
    const kind = kindOf(() => {
      throw new UnsupportedCase('no windows of this type')
    })
    expect(await failureOf(caseOf({ expectError: 'invalidArgument' }), kind)).toMatchObject({
      reason: 'no windows of this type',
    })
  })

  test('fails when it does not end in time', async () => {
    const kind = kindOf(() => subjectOf(() => [], { feed: () => new Promise<void>(() => {}) }))
    expect(await failureOf(caseOf({ input: [one] }), kind, 20)).toMatchObject({ reason: 'it did not end within 20 ms' })
  })

  test("of Beam's dialect or of pattern matching is skipped with its reason", async () => {
    for (const operator of [
      { kind: 'window', dialect: 'beam' },
      { kind: 'cep', dialect: 'flink' },
    ]) {
      expect(await runConformanceCase(caseOf({ operator }))).toMatchObject({ status: 'skipped' })
    }
  })
})

describe('an expected error', () => {
  const refusing = (code: string) =>
    kindOf(() => {
      throw new StreamError(code, 'no.')
    })

  test('passes when building throws it', async () => {
    const invalid = caseOf({ expectError: 'invalidArgument' })
    expect(await failureOf(invalid, refusing('WINDOW_INVALID'))).toBeUndefined()
  })

  test('fails when none is thrown, another one, or one that is an accident', async () => {
    const invalid = caseOf({ expectError: 'invalidArgument', input: [one] })
    expect(
      await failureOf(
        invalid,
        kindOf(() => subjectOf(() => [])),
      ),
    ).toMatchObject({ got: 'none' })
    expect(await failureOf(invalid, refusing('KEY_NOT_PARTITIONED'))).toBeDefined()
    const accident = kindOf(() => {
      throw new TypeError('undefined is not a function')
    })
    expect(await failureOf(invalid, accident)).toMatchObject({ expected: 'the error invalidArgument' })
  })

  test('of an argument passes when a record brings it, as with a gap of its own', async () => {
    const kind = kindOf(() =>
      subjectOf(() => [], { feed: () => Promise.reject(new StreamError('WINDOW_INVALID', 'no.')) }),
    )
    expect(await failureOf(caseOf({ expectError: 'invalidArgument', input: [one] }), kind)).toBeUndefined()
  })

  test('of a record passes when the record is fed', async () => {
    const failing = (code: string) =>
      kindOf(() => subjectOf(() => [], { feed: () => Promise.reject(new StreamError(code, 'no.')) }))
    const missing = caseOf({ expectError: 'missingTimestamp', input: [one] })
    expect(await failureOf(missing, failing('EVENT_TIME_INVALID'))).toBeUndefined()
    expect(await failureOf(missing, failing('KEY_INVALID'))).toBeDefined()
  })

  test('leaves open what a failed operator would have given later, and nothing else', async () => {
    const kind = kindOf(() => {
      let fed = 0
      return subjectOf(at => [{ value: at }], {
        feed: () => {
          if (fed++ === 1) throw new StreamError('ASYNC_TIMEOUT', 'too late.')
        },
      })
    })
    const testCase = { expectError: 'timeout', input: [one, one, one] } as const
    const later = { after: 2, value: 2 }
    expect(await failureOf(caseOf({ ...testCase, expected: [later] }), kind)).toBeUndefined()
    expect(await failureOf(caseOf({ ...testCase, expected: [{ after: 0, value: 7 }, later] }), kind)).toBeDefined()
  })
})

describe('watermarks and statuses', () => {
  const marks = (at: number) => [{ watermark: at }, { status: 'idle' }]

  test('are compared where the case expects some', async () => {
    const kind = kindOf(() => subjectOf(marks))
    expect(await failureOf(caseOf({ input: [one] }), kind)).toBeUndefined()
    expect(await failureOf(caseOf({ input: [one], expected: [{ after: 0, watermark: 0 }] }), kind)).toBeUndefined()
    expect(await failureOf(caseOf({ input: [one], expected: [{ after: 0, watermark: 1 }] }), kind)).toBeDefined()
    expect(await failureOf(caseOf({ input: [one], expected: [{ after: 0, status: 'active' }] }), kind)).toBeDefined()
  })

  test('are always compared where they are what the operator makes', async () => {
    const kind = kindOf(() => subjectOf(marks), { watermarksAreResults: true })
    expect(await failureOf(caseOf({ input: [one] }), kind)).toMatchObject({
      expected: 'nothing more',
      got: 'watermark 0, after item 0',
    })
  })

  test('are compared in each output for itself', async () => {
    const kind = kindOf(() => subjectOf(at => [{ watermark: at }, { output: 'side', watermark: at + 1 }]))
    const expected = { after: 0, output: 'side', watermark: 1 }
    expect(await failureOf(caseOf({ input: [one], expected: [expected] }), kind)).toBeUndefined()
    expect(await failureOf(caseOf({ input: [one], expected: [{ ...expected, watermark: 0 }] }), kind)).toBeDefined()
  })

  test('of the end are compared where the case expects it', async () => {
    const kind = kindOf(() => subjectOf(() => [{ watermark: Infinity }]), { watermarksAreResults: true })
    expect(await failureOf(caseOf({ input: [one] }), kind)).toBeUndefined()
    expect(
      await failureOf(caseOf({ input: [one], expected: [{ after: 0, watermark: Infinity }] }), kind),
    ).toBeUndefined()
  })
})

describe('the late output', () => {
  const late = { key: 'a', value: 1, ts: 1 }
  const kind = kindOf(() => subjectOf(() => [], { take: () => ({ results: [], late: [late] }) }))

  test('is compared where the case has one, also an empty one', async () => {
    expect(await failureOf(caseOf({ input: [one] }), kind)).toBeUndefined()
    expect(await failureOf(caseOf({ input: [one], late: [{ after: 0, ...late }] }), kind)).toBeUndefined()
    expect(await failureOf(caseOf({ input: [one], late: [] }), kind)).toMatchObject({
      reason: 'item by item, late output',
    })
  })

  test('comes from the side output that the adapter names', async () => {
    const splitting = kindOf(() => {
      const { big } = pipeline('split')
        .from<CaseElement>([])
        .split({ big: element => (element.value as number) > 1 })
      return operatorSubject({
        spec: specOf(big),
        result: ({ value }) => ({ value }),
        sides: { [LATE]: { side: 'big', result: ({ value }: CaseElement) => ({ value }) } },
      })
    })
    const input = [one, { element: { value: 2 } }]
    const testCase = caseOf({ input, expected: [{ after: 0, value: 1 }], late: [{ after: 1, value: 2 }] })
    expect(await failureOf(testCase, splitting)).toBeUndefined()
  })
})

describe('the state', () => {
  const state = () => ({ leftBuffer: [10, 9], rightBuffer: [] })

  test('is compared after the item that the case names, as sets', async () => {
    const kind = kindOf(() => subjectOf(() => [], { state }))
    const expected = (leftBuffer: number[]) =>
      caseOf({ input: [one], state: [{ after: 0, leftBuffer, rightBuffer: [] }] })
    expect(await failureOf(expected([9, 10]), kind)).toBeUndefined()
    expect(await failureOf(expected([9]), kind)).toMatchObject({ reason: 'item by item, state' })
  })

  test('fails the case when the adapter cannot tell it', async () => {
    const kind = kindOf(() => subjectOf(() => []))
    expect(await failureOf(caseOf({ input: [one], state: [{ after: 0, leftBuffer: [] }] }), kind)).toMatchObject({
      reason: 'the adapter does not tell the state of its operator',
    })
  })
})
