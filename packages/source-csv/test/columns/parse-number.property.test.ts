import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { parseInteger, parseNumber } from '../../src/columns/parse-number.ts'
import { placed } from './decode.ts'

const MANY_RUNS = propertyRuns(10_000)

describe('parseNumber', () => {
  it('gives the double that Number() gives, to the last bit and to the sign of zero', () => {
    fc.assert(
      fc.property(decimals(), text => {
        expect(parseNumber(...placed(text))).toBe(Number(text))
      }),
      { numRuns: MANY_RUNS },
    )
  })

  it('gives back every finite double from its shortest text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        // The text of -0 is 0.
        expect(parseNumber(...placed(String(value)))).toBe(value === 0 ? 0 : value)
      }),
      { numRuns: MANY_RUNS },
    )
  })

  it('takes nothing that is not a decimal number', () => {
    const texts = fc.array(
      fc.constantFrom('1', '0', '.', '-', '+', 'e', 'E', ',', '_', 'x', ' ', 'N', 'Infinity', 'é', 'n'),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(texts, parts => {
        const text = parts.join('')
        const isDecimal = /^ *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *$/.test(text)
        expect(parseNumber(...placed(text))).toBe(
          isDecimal && Number.isFinite(Number(text)) ? Number(text) : Number.NaN,
        )
      }),
      { numRuns: MANY_RUNS },
    )
  })

  it.each([
    '',
    ' ',
    'NaN',
    'Infinity',
    '-Infinity',
    '1,5',
    '0x10',
    '0b1',
    '1_000',
    '1e',
    'e1',
    '.',
    '-',
    '--1',
    '1 2',
    '1e999',
    '１',
  ])('refuses %j', text => {
    expect(parseNumber(...placed(text))).toBeNaN()
  })
})

describe('parseInteger', () => {
  it('takes exactly the whole numbers within ±(2^53 - 1)', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constant(0)), value => {
        expect(parseInteger(...placed(String(value)))).toBe(value)
      }),
      { numRuns: MANY_RUNS },
    )
    expect(parseInteger(...placed('9007199254740991'))).toBe(9007199254740991)
    expect(parseInteger(...placed('-9007199254740991'))).toBe(-9007199254740991)
  })

  it.each(['9007199254740992', '9007199254740993', '-9007199254740992', '1.0', '1.5', '1e3', '', '-', 'NaN', '1,000'])(
    'refuses %j',
    text => {
      expect(parseInteger(...placed(text))).toBeNaN()
    },
  )
})

function decimals(): fc.Arbitrary<string> {
  const digits = (max: number) =>
    fc.array(fc.constantFrom('0', '1', '5', '9', '3'), { minLength: 1, maxLength: max }).map(d => d.join(''))
  const sign = fc.constantFrom('', '', '-', '+')
  const exponent = fc.oneof(
    fc.constant(''),
    fc.constant(''),
    fc.integer({ min: -30, max: 30 }).map(e => `e${e}`),
  )
  return fc
    .tuple(sign, digits(20), fc.option(digits(20)), exponent)
    .map(([s, whole, fraction, e]) => `${s}${whole}${fraction === null ? '' : `.${fraction}`}${e}`)
}
