import { encodeKey, type Key } from './key.ts'
import { encodeText } from './text-codec.ts'
import { encodeValue } from './value-codec.ts'

/** Writes state as bytes: numbers, text and any plain value, one after the other, to be read back in the same order. */
export class StateWriter {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(Math.ceil(capacity))
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at
  }

  uint8(value: number): this {
    this.#need(1)
    this.#bytes[this.#at++] = value
    return this
  }

  /** A whole number from 0 to 2^53 - 1 in 1 to 8 bytes, 7 bits a byte, lowest first. */
  uint(value: number): this {
    this.#need(8)
    const bytes = this.#bytes
    let at = this.#at
    let rest = value
    for (; rest > MOST_INT32; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128
    // As integers, which are much faster.
    let low = rest | 0
    for (; low > 127; low >>>= 7) bytes[at++] = (low & 127) | 128
    bytes[at++] = low
    this.#at = at
    return this
  }

  float64(value: number): this {
    this.#need(8)
    this.#view.setFloat64(this.#at, value)
    this.#at += 8
    return this
  }

  bytes(value: Uint8Array): this {
    this.uint(value.length)
    this.#need(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
    return this
  }

  /** Any string, one with lone surrogates too. */
  text(value: string): this {
    // Short ASCII, the usual case, is written without a second buffer: its length in bytes is known beforehand.
    const { length } = value
    if (length < 128) {
      this.#need(1 + length)
      const start = this.#at
      this.#bytes[this.#at++] = length
      for (let i = 0; i < length; i++) {
        const code = value.charCodeAt(i)
        if (code > 127) {
          this.#at = start
          return this.bytes(encodeText(value))
        }
        this.#bytes[this.#at++] = code
      }
      return this
    }
    return this.bytes(encodeText(value))
  }

  /** The text of a key's encoding, `text(encodeKey(key))`, which is not made for usual keys. */
  key(key: Key): this {
    if (typeof key === 'string' && key.length < 127) return this.#shortTextKey(key)
    // Digits of -0 have no sign either.
    if (typeof key === 'number' && key >= 0 && key <= MOST_INT32 && Number.isInteger(key)) return this.#indexKey(key)
    return this.text(encodeKey(key))
  }

  /** Any plain value: see `encodeValue` for what that is. */
  value(value: unknown): this {
    encodeValue(this, value)
    return this
  }

  /** The bytes so far; the writer goes on with a fresh buffer. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#at)
    this.#bytes = new Uint8Array(256)
    this.#view = new DataView(this.#bytes.buffer)
    this.#at = 0
    return taken
  }

  #shortTextKey(key: string): this {
    const { length } = key
    this.#need(2 + length)
    const bytes = this.#bytes
    let at = this.#at
    bytes[at++] = 1 + length
    bytes[at++] = TEXT_MARK
    for (let i = 0; i < length; i++) {
      const code = key.charCodeAt(i)
      if (code > 127) return this.text(encodeKey(key))
      bytes[at++] = code
    }
    this.#at = at
    return this
  }

  #indexKey(key: number): this {
    this.#need(12)
    let digits = 1
    for (let least = 10; least <= key; least *= 10) digits++
    const bytes = this.#bytes
    const start = this.#at
    bytes[start] = 1 + digits
    bytes[start + 1] = NUMBER_MARK
    let rest = key
    for (let at = start + 1 + digits; at > start + 1; at--) {
      const tens = (rest / 10) | 0
      bytes[at] = ZERO + rest - tens * 10
      rest = tens
    }
    this.#at = start + 2 + digits
    return this
  }

  #need(count: number): void {
    const needed = this.#at + count
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

const MOST_INT32 = 0x7fffffff
const TEXT_MARK = 's'.charCodeAt(0)
const NUMBER_MARK = 'n'.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)
