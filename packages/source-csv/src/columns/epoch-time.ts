/** What the number of an epoch time counts. */
export type EpochUnit = 'seconds' | 'milliseconds'

/**
 * Epoch milliseconds of a decimal number of seconds or milliseconds since 1970; NaN for anything else and for what no Date can hold.
 * Read digit by digit, because 1.001 seconds times 1000 is not 1001 in floating point. What is finer than a millisecond is cut off.
 */
export function parseEpochTime(bytes: Uint8Array, start: number, end: number, unit: EpochUnit): number {
  let p = start
  let to = end
  while (p < to && (bytes[p] === 32 || bytes[p] === 9)) p++
  while (to > p && (bytes[to - 1] === 32 || bytes[to - 1] === 9)) to--
  const sign = bytes[p]
  if (sign === MINUS || sign === PLUS) p++
  const digitsAt = p
  let whole = 0
  let digit = 0
  while (p < to && (digit = bytes[p]! - ZERO) >= 0 && digit <= 9) {
    whole = whole * 10 + digit
    p++
  }
  if (p === digitsAt) return Number.NaN
  let timeMs = unit === 'seconds' ? whole * 1000 : whole
  let isCut = false
  if (p < to) {
    if (bytes[p] !== POINT || p + 1 === to) return Number.NaN
    let weight = unit === 'seconds' ? 100 : 0
    for (p++; p < to; p++) {
      digit = bytes[p]! - ZERO
      if (digit < 0 || digit > 9) return Number.NaN
      if (weight === 0 && digit !== 0) isCut = true
      timeMs += digit * weight
      weight = weight === 100 ? 10 : weight === 10 ? 1 : 0
    }
  }
  if (timeMs > LAST_DATE_MS) return Number.NaN
  if (sign !== MINUS || timeMs + Number(isCut) === 0) return timeMs
  // Cutting goes towards the past on both sides of 1970, so that order is kept.
  return -timeMs - Number(isCut)
}

const PLUS = 43
const MINUS = 45
const POINT = 46
const ZERO = 48
/** ECMAScript, Time Values and Time Range. */
const LAST_DATE_MS = 8.64e15
