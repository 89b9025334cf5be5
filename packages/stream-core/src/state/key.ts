import { StreamError } from '../errors.ts'

/** What can be a key: compared by value, with an encoding that is stable across runs and versions. */
export type Key = KeyPart | readonly KeyPart[]
export type KeyPart = string | number | bigint | boolean

/**
 * Text of a key, one per value: the form in state, in Maps over tuples and for partitioning of tuples. A letter for the type, so that
 * 1, '1', 1n and true stay apart; parts of a tuple are preceded by their length, so that no two tuples share a text.
 */
export function encodeKey(key: Key): string {
  if (typeof key !== 'object') return encodePart(key)
  let text = 't'
  for (const part of key) {
    const encoded = encodePart(part)
    text += `${encoded.length}:${encoded}`
  }
  return text
}

/** The inverse of `encodeKey`. */
export function decodeKey(text: string): Key {
  if (text[0] !== 't') return decodePart(text)
  const parts: KeyPart[] = []
  for (let at = 1; at < text.length; ) {
    const colon = text.indexOf(':', at)
    const end = colon + 1 + Number(text.slice(at, colon))
    parts.push(decodePart(text.slice(colon + 1, end)))
    at = end
  }
  return parts
}

/**
 * The key as it comes back from `encodeKey` and `decodeKey`: 0 for -0, and a tuple of our own, which nobody changes. What is kept for long
 * is kept under this one.
 */
export function ownKey(key: Key): Key {
  if (typeof key === 'object') return key.map(ownPart)
  return ownPart(key)
}

function ownPart(part: KeyPart): KeyPart {
  return part === 0 ? 0 : part
}

/** Throws KEY_INVALID unless the value can be a key. */
export function checkKey(key: unknown): asserts key is Key {
  if (isKeyPart(key)) return
  if (Array.isArray(key)) {
    const bad = key.findIndex(part => !isKeyPart(part))
    if (bad < 0 && key.length > 0) return
    throw invalidKey(key.length === 0 ? 'an empty tuple' : `a tuple with ${describe(key[bad])} at ${bad}`)
  }
  throw invalidKey(describe(key))
}

function isKeyPart(value: unknown): value is KeyPart {
  const type = typeof value
  return type === 'string' || type === 'bigint' || type === 'boolean' || (type === 'number' && Number.isFinite(value))
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  return typeof value === 'object' ? 'an object' : typeof value
}

function invalidKey(found: string): StreamError {
  return new StreamError(
    'KEY_INVALID',
    `a key is a string, finite number, bigint, boolean or a tuple of these; got ${found}. Return such a value from keyBy().`,
  )
}

function encodePart(part: KeyPart): string {
  switch (typeof part) {
    case 'string':
      return `s${part}`
    case 'number':
      // -0 and 0 are the same key, as they are for a Map.
      return `n${part === 0 ? 0 : part}`
    case 'bigint':
      return `i${part}`
    case 'boolean':
      return part ? 'b1' : 'b0'
    default:
      // Only reached by what the types forbid: it must not pass for another key.
      throw invalidKey(describe(part))
  }
}

function decodePart(text: string): KeyPart {
  const body = text.slice(1)
  switch (text[0]) {
    case 's':
      return body
    case 'n':
      return Number(body)
    case 'i':
      return BigInt(body)
    case 'b':
      return body === '1'
    default:
      throw new StreamError(
        'CHECKPOINT_CORRUPT',
        `a key in the state has an unknown type mark. Restore an older checkpoint.`,
      )
  }
}
