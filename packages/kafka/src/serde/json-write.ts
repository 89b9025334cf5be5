import { writeText } from '@rtp/kafka-protocol'

/** Writes a finite number as JSON.stringify does; -1 without room. */
export function writeNumber(value: number, bytes: Buffer, at: number): number {
  if (Number.isInteger(value) && value < LARGEST && value > -LARGEST) return writeScaled(value, 0, bytes, at)
  const scaled = value * 1_000
  // A decimal of up to 15 digits that reads as this number is its shortest form, so it is what JSON.stringify writes.
  if (scaled < LARGEST && scaled > -LARGEST) {
    const rounded = Math.round(scaled)
    if (rounded / 1_000 === value) return writeScaled(rounded, 3, bytes, at)
  }
  return writeText(String(value), bytes, at)
}

/** Writes `value / 10^decimals` without zeros at the end. */
function writeScaled(value: number, decimals: number, bytes: Buffer, start: number): number {
  if (start + MOST_BYTES > bytes.length) {
    const text = String(value / 10 ** decimals)
    return writeText(text, bytes, start)
  }
  let at = start
  let rest = value
  if (rest < 0) {
    bytes[at++] = MINUS
    rest = -rest
  }
  let places = decimals
  while (places > 0 && rest % 10 === 0) {
    rest /= 10
    places--
  }
  let digits = 1
  for (let limit = 10; rest >= limit; limit *= 10) digits++
  if (digits <= places) digits = places + 1
  const end = at + digits + (places > 0 ? 1 : 0)
  let position = end
  for (let index = 0; index < digits; index++) {
    if (index === places && places > 0) bytes[--position] = POINT
    const tenth = Math.floor(rest / 10)
    bytes[--position] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return end
}

/** Writes a text as JSON.stringify does, quotes and escapes included; -1 without room. */
export function writeString(value: string, bytes: Buffer, start: number): number {
  const { length } = value
  if (length <= SHORT && start + length + 2 <= bytes.length) {
    let at = start
    bytes[at++] = QUOTE
    let index = 0
    for (; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) break
      bytes[at++] = code
    }
    if (index === length) {
      bytes[at++] = QUOTE
      return at
    }
  }
  return writeText(JSON.stringify(value), bytes, start)
}

const SHORT = 64
/** Sign, 15 digits, point, and a zero in front of it. */
const MOST_BYTES = 20
const LARGEST = 1e15
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const QUOTE = 0x22
const BACKSLASH = 0x5c
