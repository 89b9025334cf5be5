import { describe, expect, test } from 'vitest'
import { compareResults } from '../../src/conformance/compare-results.ts'
import type { CaseResult, ExpectedResult, ResultOrder } from '../../src/conformance/conformance-case.ts'
import type { Difference } from '../../src/conformance/results.ts'

/** Results that came after these items: `[after, fields]`. */
type Came = readonly [number, CaseResult]

function compare(order: ResultOrder, expected: readonly ExpectedResult[], got: readonly Came[], anyTime = false) {
  const results = got.map(([after, result]) => ({ after, result }))
  return compareResults(expected, results, { order, anyTime })
}

function passes(difference: Difference | undefined): void {
  expect(difference).toBeUndefined()
}

function fails(difference: Difference | undefined, expected: string, got: string): void {
  expect(difference).toEqual({ expected, got })
}

describe.each(['perInput', 'strict', 'any', 'strictBetweenWatermarks'] as const)('in every order, here %s,', order => {
  const one = { after: 0, key: 'a', value: 1 }

  test('a result with the expected fields passes, also with more of them', () => {
    passes(compare(order, [one], [[0, { key: 'a', value: 1, ts: 9 }]]))
  })
  test('another value fails', () => {
    fails(
      compare(order, [one], [[0, { key: 'a', value: 2 }]]),
      "key 'a', value 1, after item 0",
      "key 'a', value 2, after item 0",
    )
  })
  test('a field that is not there fails', () => {
    expect(compare(order, [{ after: 0, key: 'a', ts: 5 }], [[0, { key: 'a' }]])).toBeDefined()
  })
  test('null is something else than nothing', () => {
    passes(compare(order, [{ after: 0, left: null }], [[0, { left: null }]]))
    expect(compare(order, [{ after: 0, left: null }], [[0, {}]])).toBeDefined()
  })
  test('a missing result fails', () => {
    fails(compare(order, [one], []), "key 'a', value 1, after item 0", 'nothing more')
  })
  test('a result too many fails', () => {
    fails(compare(order, [], [[3, { value: 7 }]]), 'nothing more', 'value 7, after item 3')
  })
  test('the same result twice instead of once fails', () => {
    const twice: Came[] = [
      [0, { key: 'a', value: 1 }],
      [0, { key: 'a', value: 1 }],
    ]
    expect(compare(order, [one], twice)).toBeDefined()
    passes(compare(order, [one, one], twice))
  })
  test('a result after another item fails', () => {
    fails(
      compare(order, [one], [[1, { key: 'a', value: 1 }]]),
      "key 'a', value 1, after item 0",
      "key 'a', value 1, after item 1",
    )
  })
  test('after which item it came does not matter where the case is a stream', () => {
    passes(compare(order, [one], [[1, { key: 'a', value: 1 }]], true))
    expect(compare(order, [one], [[1, { key: 'a', value: 2 }]], true)).toBeDefined()
  })
  test('a result may come from earliestAfter on, not before it and not behind after', () => {
    const expected = [{ earliestAfter: 1, after: 3, value: 1 }]
    passes(compare(order, expected, [[1, { value: 1 }]]))
    passes(compare(order, expected, [[3, { value: 1 }]]))
    fails(compare(order, expected, [[0, { value: 1 }]]), 'value 1, after item 1 to 3', 'value 1, after item 0')
    expect(compare(order, expected, [[4, { value: 1 }]])).toBeDefined()
  })
  test('another output fails', () => {
    passes(compare(order, [{ after: 0, output: 'side', value: 1 }], [[0, { output: 'side', value: 1 }]]))
    expect(compare(order, [{ after: 0, output: 'side', value: 1 }], [[0, { value: 1 }]])).toBeDefined()
  })
  test('the order between two outputs is open', () => {
    passes(
      compare(
        order,
        [
          { after: 0, output: 'side', value: 1 },
          { after: 0, value: 2 },
        ],
        [
          [0, { value: 2 }],
          [0, { output: 'side', value: 1 }],
        ],
      ),
    )
  })
  test('assigned windows are a set, the values of a list are not', () => {
    passes(compare(order, [{ after: 0, windows: [1, 2] }], [[0, { windows: [2, 1] }]]))
    expect(compare(order, [{ after: 0, windows: [1, 1] }], [[0, { windows: [1, 2] }]])).toBeDefined()
    expect(compare(order, [{ after: 0, value: [1, 2] }], [[0, { value: [2, 1] }]])).toBeDefined()
  })
})

describe('perInput', () => {
  test('results of one item come in any order', () => {
    passes(
      compare(
        'perInput',
        [
          { after: 0, value: 1 },
          { after: 0, value: 2 },
        ],
        [
          [0, { value: 2 }],
          [0, { value: 1 }],
        ],
      ),
    )
  })
  test('two that each fit several places are paired so that all fit', () => {
    const expected = [
      { earliestAfter: 0, after: 2, value: 1 },
      { after: 0, value: 1 },
    ]
    passes(
      compare('perInput', expected, [
        [0, { value: 1 }],
        [2, { value: 1 }],
      ]),
    )
  })
  test('a record behind the watermark of its item fails', () => {
    const expected = [
      { after: 0, value: 1 },
      { after: 0, watermark: 5 },
    ]
    passes(
      compare('perInput', expected, [
        [0, { value: 1 }],
        [0, { watermark: 5 }],
      ]),
    )
    fails(
      compare('perInput', expected, [
        [0, { watermark: 5 }],
        [0, { value: 1 }],
      ]),
      'value 1, after item 0, before the watermark',
      'it behind watermark 5, after item 0',
    )
  })
  test('without times the results of one item come before those of the next', () => {
    const expected = [
      { after: 0, value: 1 },
      { after: 0, value: 2 },
      { after: 1, value: 3 },
    ]
    passes(
      compare(
        'perInput',
        expected,
        [
          [9, { value: 2 }],
          [9, { value: 1 }],
          [9, { value: 3 }],
        ],
        true,
      ),
    )
    expect(
      compare(
        'perInput',
        expected,
        [
          [9, { value: 3 }],
          [9, { value: 1 }],
          [9, { value: 2 }],
        ],
        true,
      ),
    ).toBeDefined()
  })
})

describe('strict', () => {
  test('two results of one item in the other order fail', () => {
    const expected = [
      { after: 0, value: 1 },
      { after: 0, value: 2 },
    ]
    fails(
      compare('strict', expected, [
        [0, { value: 2 }],
        [0, { value: 1 }],
      ]),
      'value 1, after item 0',
      'value 2, after item 0',
    )
  })
})

describe('any', () => {
  test('results come in any order; without after, at any time', () => {
    passes(
      compare(
        'any',
        [{ value: 1 }, { value: 2 }],
        [
          [4, { value: 2 }],
          [7, { value: 1 }],
        ],
      ),
    )
  })
  test('one of two different results in the place of the other fails', () => {
    expect(
      compare(
        'any',
        [{ value: 1 }, { value: 2 }],
        [
          [0, { value: 2 }],
          [0, { value: 2 }],
        ],
      ),
    ).toBeDefined()
  })
})

describe('strictBetweenWatermarks', () => {
  const expected = [{ value: 1 }, { value: 2 }, { watermark: 5 }, { value: 3 }]

  test('results between two watermarks come in any order', () => {
    passes(
      compare('strictBetweenWatermarks', expected, [
        [0, { value: 2 }],
        [0, { value: 1 }],
        [0, { watermark: 5 }],
        [0, { value: 3 }],
      ]),
    )
  })
  test('one that overtakes a watermark fails', () => {
    const got: Came[] = [
      [0, { value: 1 }],
      [0, { watermark: 5 }],
      [0, { value: 2 }],
      [0, { value: 3 }],
    ]
    fails(compare('strictBetweenWatermarks', expected, got), 'value 2', 'nothing more')
  })
  test('another watermark fails', () => {
    const got: Came[] = [
      [0, { value: 1 }],
      [0, { value: 2 }],
      [0, { watermark: 6 }],
      [0, { value: 3 }],
    ]
    fails(compare('strictBetweenWatermarks', expected, got), 'watermark 5', 'watermark 6, after item 0')
  })
})
