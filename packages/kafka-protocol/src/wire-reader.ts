import { WireError } from './wire-error.ts'

const TWO_POW_32 = 0x1_0000_0000
/** High words of an int64 between these bounds leave 53 bits: what a number holds exactly. */
const MAX_SAFE_HIGH_WORD = 0x1f_ffff
const MIN_SAFE_HIGH_WORD = -0x20_0000

/**
 * Reads the primitive types of the Kafka wire protocol (big-endian) from one Buffer, front to back; `compact` ones and tags are of its flexible
 * versions (KIP-482).
 *
 * Every read checks its bounds and throws a {@link WireError} that names the position. Bytes are returned as views on the
 * Buffer, not as copies: copy what must outlive it.
 */
export class WireReader {
  readonly buffer: Buffer
  readonly end: number
  #position: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    if (start < 0 || end > buffer.length || start > end) {
      throw new WireError(
        'WIRE_INVALID_LENGTH',
        `Cannot read bytes ${start} to ${end} of a buffer of ${buffer.length}.`,
      )
    }
    this.buffer = buffer
    this.end = end
    this.#position = start
  }

  get position(): number {
    return this.#position
  }

  get remaining(): number {
    return this.end - this.#position
  }

  int8(): number {
    return this.buffer.readInt8(this.#take(1, 'int8'))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#take(2, 'int16'))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#take(4, 'int32'))
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.#take(4, 'uint32'))
  }

  /** Reads an int64 that a number holds exactly; throws WIRE_UNSAFE_INTEGER for any other. */
  int64(): number {
    const at = this.#take(8, 'int64')
    const high = this.buffer.readInt32BE(at)
    const low = this.buffer.readUInt32BE(at + 4)
    const value = high * TWO_POW_32 + low
    if (high > MAX_SAFE_HIGH_WORD || high < MIN_SAFE_HIGH_WORD || !Number.isSafeInteger(value)) {
      throw new WireError(
        'WIRE_UNSAFE_INTEGER',
        `The int64 ${this.buffer.readBigInt64BE(at)} at byte ${at} does not fit a number exactly. Read it with bigint64().`,
      )
    }
    return value
  }

  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.#take(8, 'int64'))
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  string(): string {
    return this.nullableString() ?? this.#failOnNull('string')
  }

  nullableString(): string | null {
    const length = this.int16()
    if (length === -1) return null
    const start = this.#takeLength(length, 'string')
    return this.buffer.toString('utf8', start, start + length)
  }

  bytes(): Buffer {
    return this.nullableBytes() ?? this.#failOnNull('bytes')
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    if (length === -1) return null
    const start = this.#takeLength(length, 'bytes')
    return this.buffer.subarray(start, start + length)
  }

  array<T>(readItem: (reader: WireReader) => T): T[] {
    return this.nullableArray(readItem) ?? this.#failOnNull('array')
  }

  nullableArray<T>(readItem: (reader: WireReader) => T): T[] | null {
    const at = this.#position
    const count = this.int32()
    if (count === -1) return null
    this.#checkCount(count, at)
    const items: T[] = []
    for (let index = 0; index < count; index++) items.push(readItem(this))
    return items
  }

  /** A UUID as 32 hexadecimal digits. */
  uuid(): string {
    const start = this.#take(16, 'uuid')
    return this.buffer.toString('hex', start, start + 16)
  }

  /** An unsigned varint of up to 32 bits. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.#take(1, 'varint')]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new WireError('WIRE_INVALID_LENGTH', `The varint before byte ${this.#position} is longer than 5 bytes.`)
  }

  compactString(): string {
    return this.compactNullableString() ?? this.#failOnNull('string')
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1
    if (length === -1) return null
    const start = this.#takeLength(length, 'string')
    return this.buffer.toString('utf8', start, start + length)
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.view(length)
  }

  compactArray<T>(readItem: (reader: WireReader) => T): T[] {
    return this.compactNullableArray(readItem) ?? this.#failOnNull('array')
  }

  compactNullableArray<T>(readItem: (reader: WireReader) => T): T[] | null {
    const at = this.#position
    const count = this.uvarint() - 1
    if (count === -1) return null
    this.#checkCount(count, at)
    const items: T[] = []
    for (let index = 0; index < count; index++) items.push(readItem(this))
    return items
  }

  /** Steps over tagged fields, which newer versions add and older readers may leave unread. */
  tags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint()
      this.skip(this.uvarint())
    }
  }

  /** Steps over `length` bytes and returns them as a view. */
  view(length: number): Buffer {
    const start = this.#takeLength(length, 'view')
    return this.buffer.subarray(start, start + length)
  }

  skip(length: number): void {
    this.#takeLength(length, 'skipped part')
  }

  /** An item takes a byte at least, so a greater count is damage, and must not become an allocation. */
  #checkCount(count: number, at: number): void {
    if (count >= 0 && count <= this.remaining) return
    throw new WireError(
      'WIRE_INVALID_LENGTH',
      `The array at byte ${at} announces ${count} items, ${this.remaining} bytes are left.`,
    )
  }

  #takeLength(length: number, what: string): number {
    if (length < 0) {
      throw new WireError(
        'WIRE_INVALID_LENGTH',
        `The ${what} before byte ${this.#position} announces length ${length}.`,
      )
    }
    return this.#take(length, what)
  }

  #take(length: number, what: string): number {
    const start = this.#position
    if (length > this.end - start) {
      throw new WireError(
        'WIRE_TRUNCATED',
        `A ${what} of ${length} bytes at byte ${start} goes beyond the end, byte ${this.end}.`,
      )
    }
    this.#position = start + length
    return start
  }

  #failOnNull(what: string): never {
    throw new WireError('WIRE_UNEXPECTED_NULL', `The ${what} before byte ${this.#position} is null and must not be.`)
  }
}
