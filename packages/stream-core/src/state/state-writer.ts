import { encodeText } from './text-codec.ts'
import { encodeValue } from './value-codec.ts'

/** Writes state as bytes: numbers, text and any plain value, one after the other, to be read back in the same order. */
export class StateWriter {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
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
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#at++] = rest
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

  #need(count: number): void {
    const needed = this.#at + count
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
