import { expect, test } from 'vitest'
import { parseCases } from '../../src/conformance/case-file.ts'

const valid = { id: 'one', source: 'a test', operator: { kind: 'union' }, input: [{ end: true }], expected: [] }

function parse(...cases: unknown[]) {
  return parseCases(JSON.stringify(cases), 'own.json')
}

test('reads cases, with the ends of time as numbers', () => {
  const input = [{ watermark: 'MIN' }, { element: { key: 'MAX', value: { ts: 'MAX' }, ts: 'MAX' } }]
  const [testCase] = parse({ ...valid, input, expected: [{ after: 0, window: { start: 'MIN', end: 5 } }] })
  expect(testCase).toMatchObject({
    input: [{ watermark: -Infinity }, { element: { key: 'MAX', value: { ts: 'MAX' }, ts: Infinity } }],
    expected: [{ after: 0, window: { start: -Infinity, end: 5 } }],
  })
})

test('a case that expects an error need not expect results', () => {
  const { expected: _, ...rest } = valid
  expect(parse({ ...rest, expectError: 'timeout' })[0]?.expected).toEqual([])
})

test.each([
  ['{', 'own.json is no file of conformance cases: it is not JSON'],
  ['{}', 'it must hold a JSON array of cases'],
  ['[1]', 'case 0, case: it must be an object'],
])('refuses %s', (text, message) => {
  expect(() => parseCases(text, 'own.json')).toThrow(message)
})

test.each([
  [{ ...valid, id: '' }, 'case "", id: it must be a text'],
  [{ ...valid, id: undefined }, 'case 0, id: it must be a text'],
  [{ ...valid, operator: {} }, 'case "one", operator: it must be an object with a kind'],
  [{ ...valid, input: [1] }, 'case "one", input: it must be an array of objects'],
  [{ ...valid, expected: undefined }, 'case "one", expected: it must be an array of objects'],
  [{ ...valid, expected: [{ after: 1 }] }, 'case "one", expected[0].after: it must be the index of an input item'],
  [{ ...valid, late: [{ earliestAfter: 0.5 }] }, 'case "one", late[0].earliestAfter: it must be the index'],
  [{ ...valid, order: 'loose' }, 'case "one", order: it must be one of perInput, strict, any'],
  [{ ...valid, emission: 'all' }, 'case "one", emission: it must be "stream"'],
  [{ ...valid, expectError: 'crash' }, 'case "one", expectError: it must be one of invalidArgument'],
  [{ ...valid, expcted: [] }, 'case "one", expcted: there is no such field'],
])('names the file, the case and the field that is wrong: %#', (testCase, message) => {
  expect(() => parse(testCase)).toThrow(`CASE_FILE_INVALID: own.json is no file of conformance cases: ${message}`)
})

test('refuses an id that two cases of a file have', () => {
  expect(() => parse(valid, valid)).toThrow('case "one", id: another case of the file has it')
})
