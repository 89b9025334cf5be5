import { StreamError } from '../errors.ts'

/**
 * UTF-8 bytes of any JavaScript string. A lone surrogate, which has no UTF-8 form, is written as if it were a character (the generalized UTF-8 of
 * https://wtf-8.codeberg.page), so that two different keys never become one.
 */
export function encodeText(text: string): Uint8Array {
  if (!LONE_SURROGATE.test(text)) return ENCODER.encode(text)
  const parts: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (isSurrogate(code)) parts.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else parts.push(...ENCODER.encode(character))
  }
  return Uint8Array.from(parts)
}

/** The inverse of `encodeText`. Bytes that no string has are CHECKPOINT_CORRUPT. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes)
  } catch {
    return decodeWithSurrogates(bytes)
  }
}

function decodeWithSurrogates(bytes: Uint8Array): string {
  let text = ''
  let from = 0
  try {
    for (let at = 0; at < bytes.length; at++) {
      const code = surrogateAt(bytes, at)
      if (code === undefined) continue
      text += DECODER.decode(bytes.subarray(from, at)) + String.fromCharCode(code)
      from = at + 3
      at += 2
    }
    return text + DECODER.decode(bytes.subarray(from))
  } catch (cause) {
    throw new StreamError('CHECKPOINT_CORRUPT', 'state holds a text that is no UTF-8. Restore an older checkpoint.', {
      cause,
    })
  }
}

/** The surrogate whose three bytes begin there; undefined when there is none. */
function surrogateAt(bytes: Uint8Array, at: number): number | undefined {
  const [first, second = 0, third = 0] = bytes.subarray(at, at + 3)
  if (first !== 0xed || second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) return undefined
  return 0xd000 | ((second & 63) << 6) | (third & 63)
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff
}

/** With the u flag, a pair counts as the one character that it is. */
const LONE_SURROGATE = /[\uD800-\uDFFF]/u
const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
