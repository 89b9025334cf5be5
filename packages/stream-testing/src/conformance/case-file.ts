import { StreamError } from '@rtp/stream-core/extend'
import type { ConformanceCase } from './conformance-case.ts'

/**
 * Reads the text of a case file: a JSON array of cases. Throws CASE_FILE_INVALID, with the file, the case and the field, when it is not one. Items and
 * options that nobody knows are left to the adapters.
 */
export function parseCases(text: string, file: string): ConformanceCase[] {
  const cases = parseJson(text, file)
  if (!Array.isArray(cases)) throw invalid(file, 'it must hold a JSON array of cases')
  const ids = new Set<string>()
  return cases.map((testCase: unknown, index) => {
    checkCase(testCase, (field, problem) => {
      const id = isObject(testCase) && typeof testCase['id'] === 'string' ? `case "${testCase['id']}"` : `case ${index}`
      throw invalid(file, `${id}, ${field}: ${problem}`)
    })
    if (ids.has(testCase.id)) throw invalid(file, `case "${testCase.id}", id: another case of the file has it`)
    ids.add(testCase.id)
    return {
      ...testCase,
      input: testCase.input.map(withEnds),
      expected: (testCase.expected ?? []).map(withEnds),
      ...(testCase.late === undefined ? {} : { late: testCase.late.map(withEnds) }),
    }
  })
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(file, `it is not JSON: ${(cause as Error).message}`)
  }
}

function invalid(file: string, problem: string): StreamError {
  return new StreamError('CASE_FILE_INVALID', `${file} is no file of conformance cases: ${problem}.`)
}

type Complain = (field: string, problem: string) => never

const FIELDS: Readonly<Record<keyof ConformanceCase, string>> = {
  id: 'a text',
  source: 'a text',
  operator: 'an object with a kind',
  input: 'an array of objects',
  expected: 'an array of objects',
  late: 'an array of objects',
  state: 'an array of objects',
  expectError: 'one of invalidArgument, missingTimestamp, timeout',
  order: 'one of perInput, strict, any, strictBetweenWatermarks',
  emission: '"stream"',
  notes: 'a text',
}

/** Fields of dialects that are not followed; what they say is compared with nothing. */
const OTHER_FIELDS = ['timeouts']

const WORDS: Readonly<Partial<Record<keyof ConformanceCase, readonly string[]>>> = {
  expectError: ['invalidArgument', 'missingTimestamp', 'timeout'],
  order: ['perInput', 'strict', 'any', 'strictBetweenWatermarks'],
  emission: ['stream'],
}

function checkCase(testCase: unknown, complain: Complain): asserts testCase is ConformanceCase {
  if (!isObject(testCase)) return complain('case', 'it must be an object')
  for (const name of Object.keys(testCase)) {
    if (!(name in FIELDS) && !OTHER_FIELDS.includes(name)) complain(name, 'there is no such field')
  }
  for (const name of Object.keys(FIELDS) as (keyof ConformanceCase)[]) {
    const value = testCase[name]
    if (value === undefined && !isRequired(name, testCase)) continue
    if (!fits(name, value)) complain(name, `it must be ${FIELDS[name]}`)
  }
  const { input } = testCase as unknown as ConformanceCase
  for (const list of ['expected', 'late', 'state'] as const) {
    for (const [index, result] of ((testCase[list] ?? []) as Record<string, unknown>[]).entries()) {
      for (const field of ['after', 'earliestAfter']) {
        const at = result[field]
        const isItem = typeof at === 'number' && Number.isInteger(at) && at >= 0 && at < input.length
        if (at !== undefined && !isItem) complain(`${list}[${index}].${field}`, 'it must be the index of an input item')
      }
    }
  }
}

function isRequired(name: keyof ConformanceCase, testCase: Readonly<Record<string, unknown>>): boolean {
  if (name === 'expected') return testCase['expectError'] === undefined
  return name === 'id' || name === 'source' || name === 'operator' || name === 'input'
}

function fits(name: keyof ConformanceCase, value: unknown): boolean {
  const words = WORDS[name]
  if (words !== undefined) return words.some(word => word === value)
  if (name === 'operator') return isObject(value) && typeof value['kind'] === 'string'
  if (FIELDS[name] === 'a text') return typeof value === 'string' && (name !== 'id' || value !== '')
  return Array.isArray(value) && value.every(isObject)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Fields in which the words MAX and MIN stand for the ends of time. */
const TIMES = new Set(['ts', 'watermark', 'start', 'end', 'processingTime', 'advanceClock', 'stateTtlClock'])

/** The value with the ends of time as numbers. What a record carries is left alone. */
function withEnds<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withEnds) as T
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, field]) => {
    if (name === 'value' || name === 'key') return [name, field]
    if (!TIMES.has(name)) return [name, withEnds(field)]
    return [name, field === 'MAX' ? Number.POSITIVE_INFINITY : field === 'MIN' ? Number.NEGATIVE_INFINITY : field]
  })
  return Object.fromEntries(entries) as T
}
