import { StreamError } from '../errors.ts'
import { decodeKey, type Key } from './key.ts'
import { decodeText } from './text-codec.ts'
import { decodeValue } from './value-codec.ts'

/** Reads what a `StateWriter` wrote, in the same order. Bytes that end too early are CHECKPOINT_CORRUPT. */
export class StateReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  uint8(): number {
    const at = this.#take(1)
    return this.#bytes[at]!
  }

  /**
   * Reads the version byte that a layout begins with. One of a later release is CHECKPOINT_NEWER_VERSION.
   * @param what Names the state in that error, e.g. 'per-minute: window state'.
   */
  version(newest: number, what: string): number {
    const version = this.uint8()
    if (version <= newest) return version
    throw new StreamError(
      'CHECKPOINT_NEWER_VERSION',
      `${what} of version ${version}; this release reads ${newest}. Update the package.`,
    )
  }

  uint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.uint8()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.uint()
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(): string {
    const bytes = this.bytes()
    return asciiText(bytes) ?? decodeText(bytes)
  }

  /** A key whose text was written. */
  key(): Key {
    const bytes = this.bytes()
    return indexKey(bytes) ?? decodeKey(asciiText(bytes) ?? decodeText(bytes))
  }

  value(): unknown {
    return decodeValue(this)
  }

  #take(count: number): number {
    const at = this.#at
    if (at + count > this.#bytes.length) {
      throw new StreamError('CHECKPOINT_CORRUPT', 'state ends in the middle of a value. Restore an older checkpoint.')
    }
    this.#at = at + count
    return at
  }
}

/** Short ASCII, the usual case, for which a decoder takes long; undefined for anything else. */
function asciiText(bytes: Uint8Array): string | undefined {
  if (bytes.length > 32) return undefined
  let all = 0
  for (let at = 0; at < bytes.length; at++) all |= bytes[at]!
  return all > 127 ? undefined : String.fromCharCode.apply(undefined, bytes as unknown as number[])
}

/** A key that is a whole number of up to nine digits, as `StateWriter.key` writes it; undefined for any other. */
function indexKey(bytes: Uint8Array): number | undefined {
  const { length } = bytes
  if (length < 2 || length > 10 || bytes[0] !== NUMBER_MARK) return undefined
  let key = 0
  for (let at = 1; at < length; at++) {
    const digit = bytes[at]! - ZERO
    // Signs, points and exponents are for the general way.
    if (digit < 0 || digit > 9) return undefined
    key = key * 10 + digit
  }
  return key
}

const NUMBER_MARK = 'n'.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)
