import { RecordBatchError } from './record-batch/record-batch-error.ts'

/** Bytes that `writeVarint` takes for a value. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}

/**
 * Writes a signed 32-bit integer as a zigzag varint (as in Protocol Buffers, and in Kafka's record format) and returns the position
 * behind it. The caller has made sure of 5 bytes.
 */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let position = at
  while (rest > 0x7f) {
    bytes[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[position++] = rest
  return position
}

/** Writes a safe integer as a zigzag varlong; the caller has made sure of 10 bytes. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(bytes, at, value)
  const wide = BigInt(value)
  let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n))
  let position = at
  while (rest > 0x7fn) {
    bytes[position++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  bytes[position++] = Number(rest)
  return position
}

/** Reads varints one after the other and never behind `end`; throws RecordBatchError with BATCH_CORRUPT where it would. */
export class VarintReader {
  /** Position of the next byte to read; may be set. */
  at: number
  readonly #bytes: Uint8Array
  readonly #end: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }

  /** The next signed 32-bit integer. */
  varint(): number {
    const bytes = this.#bytes
    const start = this.at
    if (start + 5 > this.#end) return this.#careful(5)
    const first = bytes[start]!
    if (first < 0x80) return this.#short(first, start + 1)
    const second = bytes[start + 1]!
    if (second < 0x80) return this.#short((first & 0x7f) | (second << 7), start + 2)
    return this.#careful(5)
  }

  /** The next signed 64-bit integer, as the nearest number. */
  varlong(): number {
    const start = this.at
    if (start + 5 <= this.#end) {
      const bytes = this.#bytes
      const first = bytes[start]!
      if (first < 0x80) return this.#short(first, start + 1)
      const second = bytes[start + 1]!
      let value = (first & 0x7f) | ((second & 0x7f) << 7)
      if (second < 0x80) return this.#short(value, start + 2)
      // Times of a batch that spans more than 8 s have three or four bytes.
      const third = bytes[start + 2]!
      value |= (third & 0x7f) << 14
      if (third < 0x80) return this.#short(value, start + 3)
      const fourth = bytes[start + 3]!
      if (fourth < 0x80) return this.#short(value | (fourth << 21), start + 4)
    }
    return this.#careful(10)
  }

  /** Undoes the zigzag of up to 28 bits. */
  #short(zigzag: number, end: number): number {
    this.at = end
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  /** Byte by byte, with every check; also for the values that are too large for shifts. */
  #careful(longest: 5 | 10): number {
    const start = this.at
    let low = 0
    let wide = 0n
    for (let index = 0; index < longest; index++) {
      if (start + index >= this.#end)
        throw new RecordBatchError('BATCH_CORRUPT', `a varint at byte ${start} is cut off`)
      const byte = this.#bytes[start + index]!
      if (index < 4) low += (byte & 0x7f) * 2 ** (7 * index)
      else wide |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) {
        this.at = start + index + 1
        if (index < 4) return (low >>> 1) ^ -(low & 1)
        return this.#wide(wide | BigInt(low), longest, start)
      }
    }
    throw new RecordBatchError('BATCH_CORRUPT', `a varint at byte ${start} is longer than ${longest} bytes`)
  }

  #wide(zigzag: bigint, longest: 5 | 10, start: number): number {
    if (zigzag >= (longest === 5 ? 0x1_0000_0000n : 0x1_0000_0000_0000_0000n))
      throw new RecordBatchError('BATCH_CORRUPT', `a varint at byte ${start} is too large`)
    return Number((zigzag >> 1n) ^ -(zigzag & 1n))
  }
}
