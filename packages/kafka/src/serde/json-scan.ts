/** Where the scanners say how far they came; -1: something they leave to JSON.parse. */
export interface Scan {
  end: number
}

/**
 * A JSON number without exponent that is a safe integer, or has up to 15 digits. With decimals, it is an integer below 10^15 divided by a
 * power of ten, both exact as doubles, so the quotient is the correctly rounded number, the same as JSON.parse gives.
 */
export function scanNumber(bytes: Buffer, start: number, scan: Scan): number {
  let at = start
  const isNegative = bytes[at] === MINUS
  if (isNegative) at++
  const first = at
  let value = 0
  let digit = 0
  while ((digit = bytes[at]! - ZERO) >= 0 && digit <= 9) {
    value = value * 10 + digit
    at++
  }
  let digits = at - first
  // No number begins with a zero that another digit follows.
  if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return unusual(scan)
  if (bytes[at] === POINT) {
    const point = at++
    while ((digit = bytes[at]! - ZERO) >= 0 && digit <= 9) {
      value = value * 10 + digit
      at++
    }
    const decimals = at - point - 1
    digits += decimals
    if (decimals === 0 || digits > 15) return unusual(scan)
    value /= POWERS_OF_TEN[decimals]!
  }
  const behind = bytes[at]
  // Of 16 digits each step was exact if the last one is safe: the steps before it are below 10^15.
  if ((digits > 15 && (digits > 16 || value > Number.MAX_SAFE_INTEGER)) || behind === 0x45 || behind === 0x65) {
    return unusual(scan)
  }
  scan.end = at
  return isNegative ? -value : value
}

/** Position behind the closing quote of the string whose opening quote is at `start`; -1 with escapes or anything but printable ASCII. */
export function plainStringEnd(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== QUOTE) return -1
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at + 1
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1
  }
  return -1
}

/** Position behind a valid JSON value of any kind; -1 when it is invalid, or unusual: white space, escapes, more than ASCII, deep nesting. */
export function plainValueEnd(bytes: Buffer, start: number, end: number, scan: Scan, depth = 0): number {
  const first = bytes[start]
  if (first === QUOTE) return plainStringEnd(bytes, start, end)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    if (depth > 8) return -1
    const close = first === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET
    let at = start + 1
    if (bytes[at] === close) return at + 1
    for (;;) {
      if (first === OPEN_BRACE) {
        at = plainStringEnd(bytes, at, end)
        if (at < 0 || bytes[at] !== COLON) return -1
        at++
      }
      at = plainValueEnd(bytes, at, end, scan, depth + 1)
      if (at < 0 || at >= end) return -1
      if (bytes[at] === close) return at + 1
      if (bytes[at] !== COMMA) return -1
      at++
    }
  }
  for (const literal of LITERALS) if (startsWith(bytes, start, end, literal)) return start + literal.length
  scanNumber(bytes, start, scan)
  return scan.end
}

export function startsWith(bytes: Buffer, start: number, end: number, wanted: Uint8Array): boolean {
  if (start + wanted.length > end) return false
  for (let index = 0; index < wanted.length; index++) if (bytes[start + index] !== wanted[index]) return false
  return true
}

/**
 * Raw texts of the members of a JSON object, whose text is known to be valid; of members with the same name the last, as JSON.parse takes
 * it. For the rare messages that need JSON.parse and have a member that is kept as text.
 */
export function rawMembers(text: string): Map<string, string> {
  const members = new Map<string, string>()
  let at = text.indexOf('{') + 1
  for (;;) {
    at = behindSpace(text, at)
    if (text[at] !== '"') return members
    const nameEnd = valueEnd(text, at)
    const name = JSON.parse(text.slice(at, nameEnd)) as string
    at = behindSpace(text, behindSpace(text, nameEnd) + 1)
    const end = valueEnd(text, at)
    members.set(name, text.slice(at, end))
    at = behindSpace(text, end) + 1
  }
}

function valueEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]!
    if (character === '"') {
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
      if (depth === 0) return at + 1
    } else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (character === ',' || isSpace(character))) return at
  }
  return text.length
}

function behindSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && isSpace(text[at]!)) at++
  return at
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t'
}

function unusual(scan: Scan): number {
  scan.end = -1
  return Number.NaN
}

const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)
const LITERALS = ['true', 'false', 'null'].map(literal => Buffer.from(literal))
const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
