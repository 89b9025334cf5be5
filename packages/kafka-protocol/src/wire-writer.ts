import { WireError } from './wire-error.ts'

const FIRST_CHUNK_BYTES = 256
const LARGEST_CHUNK_BYTES = 64 * 1024
/** Below this a copy is cheaper than one more Buffer in the list and one more entry in the socket's writev. */
const ZERO_COPY_MIN_BYTES = 1024
const MAX_STRING_BYTES = 0x7fff

/** A place in a {@link WireWriter} that gets its value later. */
export interface WirePlaceholder {
  readonly chunk: Buffer
  readonly at: number
  /** Bytes written up to and including the placeholder. */
  readonly writtenBefore: number
}

/**
 * Writes the primitive types of the Kafka wire protocol (big-endian) into growing chunks; `compact` ones and tags are of its flexible versions
 * (KIP-482).
 *
 * Large Buffers are kept by reference, so they must not change before the result is sent. Use a writer for one message.
 */
export class WireWriter {
  readonly #parts: Buffer[] = []
  #chunk: Buffer
  #position = 0
  #flushed = 0
  #nextChunkBytes: number

  constructor(firstChunkBytes = FIRST_CHUNK_BYTES) {
    this.#chunk = Buffer.allocUnsafe(firstChunkBytes)
    this.#nextChunkBytes = firstChunkBytes * 2
  }

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#flushed + this.#position
  }

  int8(value: number): this {
    const at = this.#reserve(1)
    this.#chunk.writeInt8(value, at)
    return this
  }

  int16(value: number): this {
    const at = this.#reserve(2)
    this.#chunk.writeInt16BE(value, at)
    return this
  }

  int32(value: number): this {
    const at = this.#reserve(4)
    this.#chunk.writeInt32BE(value, at)
    return this
  }

  uint32(value: number): this {
    const at = this.#reserve(4)
    this.#chunk.writeUInt32BE(value, at)
    return this
  }

  /** Writes an int64; a number must be a safe integer. */
  int64(value: number | bigint): this {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new WireError('WIRE_UNSAFE_INTEGER', `${value} is no safe integer, so it cannot be written as an int64.`)
    }
    const at = this.#reserve(8)
    this.#chunk.writeBigInt64BE(BigInt(value), at)
    return this
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  string(value: string): this {
    const length = Buffer.byteLength(value)
    if (length > MAX_STRING_BYTES) {
      throw new WireError(
        'WIRE_INVALID_LENGTH',
        `A string of ${length} bytes is longer than the ${MAX_STRING_BYTES} allowed.`,
      )
    }
    this.int16(length)
    const at = this.#reserve(length)
    this.#chunk.write(value, at, length, 'utf8')
    return this
  }

  nullableString(value: string | null): this {
    return value === null ? this.int16(-1) : this.string(value)
  }

  bytes(value: Buffer): this {
    return this.int32(value.length).raw(value)
  }

  nullableBytes(value: Buffer | null): this {
    return value === null ? this.int32(-1) : this.bytes(value)
  }

  array<T>(items: readonly T[], writeItem: (item: T, writer: this) => void): this {
    this.int32(items.length)
    for (const item of items) writeItem(item, this)
    return this
  }

  nullableArray<T>(items: readonly T[] | null, writeItem: (item: T, writer: this) => void): this {
    return items === null ? this.int32(-1) : this.array(items, writeItem)
  }

  /** Writes 32 hexadecimal digits as a UUID. */
  uuid(value: string): this {
    return this.raw(Buffer.from(value, 'hex'))
  }

  /** Writes a number of up to 32 bits, not negative, as an unsigned varint. */
  uvarint(value: number): this {
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#byte((rest & 0x7f) | 0x80)
    return this.#byte(rest)
  }

  compactString(value: string): this {
    const bytes = Buffer.from(value)
    return this.uvarint(bytes.length + 1).raw(bytes)
  }

  compactNullableString(value: string | null): this {
    return value === null ? this.uvarint(0) : this.compactString(value)
  }

  compactBytes(value: Buffer): this {
    return this.uvarint(value.length + 1).raw(value)
  }

  compactArray<T>(items: readonly T[], writeItem: (item: T, writer: this) => void): this {
    this.uvarint(items.length + 1)
    for (const item of items) writeItem(item, this)
    return this
  }

  /** Writes that there are no tagged fields. */
  tags(): this {
    return this.uvarint(0)
  }

  /** Appends bytes without a length in front; large ones are not copied. */
  raw(value: Buffer): this {
    if (value.length < ZERO_COPY_MIN_BYTES) {
      const at = this.#reserve(value.length)
      value.copy(this.#chunk, at)
      return this
    }
    this.#flush()
    this.#parts.push(value)
    this.#flushed += value.length
    return this
  }

  /** Leaves room for an int32 that is patched once its value is known. */
  int32Placeholder(): WirePlaceholder {
    const at = this.#reserve(4)
    this.#chunk.writeInt32BE(0, at)
    return { chunk: this.#chunk, at, writtenBefore: this.byteLength }
  }

  patchInt32(placeholder: WirePlaceholder, value: number): this {
    placeholder.chunk.writeInt32BE(value, placeholder.at)
    return this
  }

  /** Sets a placeholder to the number of bytes written after it. */
  patchLength(placeholder: WirePlaceholder): this {
    return this.patchInt32(placeholder, this.byteLength - placeholder.writtenBefore)
  }

  /** Returns everything written, as Buffers in order. */
  finish(): Buffer[] {
    this.#flush()
    return this.#parts
  }

  /** Returns everything written as one Buffer; copies when there is more than one part. */
  toBuffer(): Buffer {
    const parts = this.finish()
    const only = parts[0]
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, this.byteLength)
  }

  #byte(value: number): this {
    const at = this.#reserve(1)
    this.#chunk[at] = value
    return this
  }

  #reserve(length: number): number {
    if (this.#position + length > this.#chunk.length) {
      this.#flush()
      this.#chunk = Buffer.allocUnsafe(Math.max(this.#nextChunkBytes, length))
      this.#nextChunkBytes = Math.min(this.#nextChunkBytes * 2, LARGEST_CHUNK_BYTES)
    }
    const at = this.#position
    this.#position += length
    return at
  }

  /** Closes the written head of the chunk as a part; what is left of the chunk goes on being used. */
  #flush(): void {
    if (this.#position === 0) return
    this.#parts.push(this.#chunk.subarray(0, this.#position))
    this.#flushed += this.#position
    this.#chunk = this.#chunk.subarray(this.#position)
    this.#position = 0
  }
}
