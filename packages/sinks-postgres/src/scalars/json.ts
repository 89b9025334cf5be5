import { messageOf } from '@rtp/stream-core/extend'
import { expected, type Scalar, type Target, ValueFault } from './scalar.ts'
import { checkText, putText, textSize } from './text.ts'

/** JSON text or its UTF-8 bytes. */
type JsonText = string | Uint8Array

/** `raw`: values are JSON text or bytes already and are written as they are; PostgreSQL still checks them. */
export function json(raw: boolean): Scalar<JsonText> {
  return {
    name: 'json',
    oid: 114,
    arrayOid: 199,
    prepare: value => (raw ? rawJson(value) : jsonOf(value)),
    size: jsonSize,
    put: putJson,
    text: jsonText,
  }
}

export function jsonb(raw: boolean): Scalar<JsonText> {
  return {
    name: 'jsonb',
    oid: 3802,
    arrayOid: 3807,
    prepare(value) {
      const prepared = raw ? rawJson(value) : jsonOf(value)
      checkEscapes(prepared)
      return prepared
    },
    size: prepared => 1 + jsonSize(prepared),
    put(target, at, prepared) {
      // jsonb_recv: one byte of version, then text.
      target.bytes[at] = 1
      putJson(target, at + 1, prepared)
    },
    text: jsonText,
  }
}

function jsonOf(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    // V8 names the way through a circular object, property names only, and never a value.
    throw new ValueFault(`cannot be written as JSON: ${messageOf(cause).split('\n')[0]}`)
  }
  if (text === undefined) throw expected('what JSON can hold', value)
  return text
}

function rawJson(value: unknown): JsonText {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') {
    checkText(value)
    return value
  }
  throw expected('JSON text or bytes', value)
}

/** jsonb stores decoded text, so what text cannot hold is refused in its escaped form too: U+0000 and half a surrogate pair. */
function checkEscapes(prepared: JsonText): void {
  const found = typeof prepared === 'string' ? prepared.indexOf('\\u') : indexOfEscape(prepared)
  if (found < 0) return
  const text = jsonText(prepared)
  let highBefore = -1
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    if (text[at + 1] !== 'u') {
      at += 2
      continue
    }
    const unit = Number.parseInt(text.slice(at + 2, at + 6), 16)
    if (unit === 0) throw new ValueFault('cannot hold \\u0000: jsonb refuses it; use json or remove it')
    const isLow = unit >= 0xdc00 && unit < 0xe000
    if (isLow !== (highBefore === at))
      throw new ValueFault('cannot hold half a surrogate pair: repair the string first')
    highBefore = unit >= 0xd800 && unit < 0xdc00 ? at + 6 : -1
    at += 6
    if (highBefore >= 0 && text.slice(at, at + 2) !== '\\u') {
      throw new ValueFault('cannot hold half a surrogate pair: repair the string first')
    }
  }
}

function indexOfEscape(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\\u')
}

function jsonSize(prepared: JsonText): number {
  return typeof prepared === 'string' ? textSize(prepared) : prepared.length
}

function putJson(target: Target, at: number, prepared: JsonText): void {
  if (typeof prepared === 'string') putText(target, at, prepared)
  else target.bytes.set(prepared, at)
}

function jsonText(prepared: JsonText): string {
  if (typeof prepared === 'string') return prepared
  return Buffer.from(prepared.buffer, prepared.byteOffset, prepared.length).toString('utf8')
}
