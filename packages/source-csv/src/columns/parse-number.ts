import { asciiText } from './ascii-text.ts'

/**
 * The number that `[start, end)` spells in decimal, with an optional sign, fraction and exponent and blanks around it; NaN for anything
 * else, so for `NaN`, `Infinity`, hexadecimal, `1,5` and what is too large for a double. Equal to the last bit to `Number(text)`.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  const isNegative = bytes[p] === MINUS
  if (isNegative) p++
  const digitsAt = p
  let digits = 0
  let byte = 0
  while (p < end && (byte = bytes[p]! - ZERO) >= 0 && byte <= 9) {
    digits = digits * 10 + byte
    p++
  }
  if (p === digitsAt) return spelledNumber(bytes, start, end)
  if (p === end) {
    if (p - digitsAt > EXACT_DIGITS) return spelledNumber(bytes, start, end)
    return isNegative ? -digits : digits
  }
  if (bytes[p] !== POINT) return spelledNumber(bytes, start, end)
  const fractionAt = ++p
  while (p < end && (byte = bytes[p]! - ZERO) >= 0 && byte <= 9) {
    digits = digits * 10 + byte
    p++
  }
  if (p !== end || p - digitsAt - 1 > EXACT_DIGITS) return spelledNumber(bytes, start, end)
  // Both are exact doubles, so the one rounding of the division gives the nearest double, which is what Number() gives (Clinger 1990).
  const value = digits / POWERS_OF_TEN[p - fractionAt]!
  return isNegative ? -value : value
}

/** The whole number that `[start, end)` spells; NaN unless it is one within ±(2^53 - 1). */
export function parseInteger(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  const isNegative = bytes[p] === MINUS
  if (isNegative) p++
  const digitsAt = p
  let digits = 0
  let byte = 0
  while (p < end && (byte = bytes[p]! - ZERO) >= 0 && byte <= 9) {
    digits = digits * 10 + byte
    p++
  }
  if (p === end && p > digitsAt && p - digitsAt <= EXACT_DIGITS) return isNegative ? -digits : digits
  const spelled = spelling(bytes, start, end)
  const value = INTEGER.test(spelled) ? Number(spelled) : Number.NaN
  return Number.isSafeInteger(value) ? value : Number.NaN
}

const MINUS = 45
const POINT = 46
const ZERO = 48
/** Fifteen decimal digits are always below 2^53. */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INTEGER = /^[+-]?\d+$/

function spelledNumber(bytes: Uint8Array, start: number, end: number): number {
  const spelled = spelling(bytes, start, end)
  const value = DECIMAL.test(spelled) ? Number(spelled) : Number.NaN
  return Number.isFinite(value) ? value : Number.NaN
}

function spelling(bytes: Uint8Array, start: number, end: number): string {
  for (let p = start; p < end; p++) {
    if (bytes[p]! > 127) return ''
  }
  return asciiText(bytes, start, end).replace(/^[ \t]+|[ \t]+$/g, '')
}
