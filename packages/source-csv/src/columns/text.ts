import { asciiText, utf8Text } from './ascii-text.ts'
import type { Column, FieldDecoder } from './column.ts'
import type { FieldFault } from './field-fault.ts'

export interface TextOptions {
  /** Takes an empty field as ''. Default false: an empty field is a bad row. */
  readonly allowEmpty?: boolean
  /** The longest text, in bytes of UTF-8. Default: the source's `maxFieldBytes`. */
  readonly maxBytes?: number
  /** Removes spaces and tabs around the text. Default false: a text is what the file says. */
  readonly trim?: boolean
}

/** A column of text, never empty unless `allowEmpty` or `optional(...)` says so. */
export function text(header?: string, options: TextOptions = {}): Column<string> {
  const { allowEmpty = false, maxBytes = Number.POSITIVE_INFINITY, trim = false } = options
  return {
    header,
    decoder() {
      const decoder = new TextDecoderWithCache(allowEmpty, maxBytes)
      return trim ? trimmed(decoder) : decoder
    },
  }
}

const CACHE_BITS = 10
const LONGEST_CACHED = 48

/**
 * Turns bytes into text and gives the same string again for the same bytes. Identifiers repeat: comparing bytes with a string that is
 * there already costs a third of making it anew, and whoever looks the string up in a map finds its hash computed.
 */
class TextDecoderWithCache implements FieldDecoder<string> {
  readonly #allowEmpty: boolean
  readonly #maxBytes: number
  readonly #cache: string[] = new Array<string>(1 << CACHE_BITS).fill('')

  constructor(allowEmpty: boolean, maxBytes: number) {
    this.#allowEmpty = allowEmpty
    this.#maxBytes = maxBytes
  }

  decode(bytes: Uint8Array, start: number, end: number, fault: FieldFault): string {
    const length = end - start
    if (length === 0) {
      if (!this.#allowEmpty) fault.set('FIELD_EMPTY', 'is empty')
      return ''
    }
    if (length > this.#maxBytes) {
      fault.set('FIELD_TOO_LONG', `is longer than ${this.#maxBytes} bytes`)
      return ''
    }
    if (length > LONGEST_CACHED) return uncachedText(bytes, start, end)
    let hash = length
    let high = 0
    for (let p = start; p < end; p++) {
      const byte = bytes[p]!
      high |= byte
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    if (high > 127) return utf8Text(bytes, start, end)
    // The product's high bits depend on every byte, its low bits only on theirs.
    const slot = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> (32 - CACHE_BITS)
    const cached = this.#cache[slot]!
    if (cached.length === length && isTextOf(cached, bytes, start)) return cached
    return (this.#cache[slot] = asciiText(bytes, start, end))
  }
}

function isTextOf(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) return false
  }
  return true
}

function uncachedText(bytes: Uint8Array, start: number, end: number): string {
  for (let p = start; p < end; p++) {
    if (bytes[p]! > 127) return utf8Text(bytes, start, end)
  }
  return asciiText(bytes, start, end)
}

function trimmed(decoder: FieldDecoder<string>): FieldDecoder<string> {
  return {
    decode(bytes, start, end, fault) {
      let from = start
      let to = end
      while (from < to && isBlank(bytes[from]!)) from++
      while (to > from && isBlank(bytes[to - 1]!)) to--
      return decoder.decode(bytes, from, to, fault)
    },
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9
}
