import { varintSize, writeVarint } from '../varint.ts'

/** Writes a key or a header's key or value, its length first, and returns the position behind it; the caller has made sure of the room. */
export function writeSized(bytes: Buffer, at: number, field: Uint8Array | string | null): number {
  if (field === null) return writeVarint(bytes, at, -1)
  if (typeof field !== 'string') return writeBytes(field, bytes, writeVarint(bytes, at, field.length))
  const guessed = varintSize(field.length)
  const end = writeText(field, bytes, at + guessed)
  const length = end - at - guessed
  const needed = varintSize(length)
  if (needed !== guessed) bytes.copyWithin(at + needed, at + guessed, end)
  writeVarint(bytes, at, length)
  return at + needed + length
}

/** Below this a loop is faster than a call into native code. */
const SHORT_BYTES = 32

/** Writes bytes as they are. */
export function writeBytes(value: Uint8Array, bytes: Buffer, at: number): number {
  const { length } = value
  if (at + length > bytes.length) return -1
  if (length <= SHORT_BYTES) for (let index = 0; index < length; index++) bytes[at + index] = value[index]!
  else bytes.set(value, at)
  return at + length
}

/** Writes text as UTF-8. */
export function writeText(value: string, bytes: Buffer, at: number): number {
  const { length } = value
  if (length <= SHORT_BYTES && at + length <= bytes.length) {
    let index = 0
    for (; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) break
      bytes[at + index] = code
    }
    if (index === length) return at + length
  }
  if (at + length * 3 > bytes.length && at + Buffer.byteLength(value) > bytes.length) return -1
  return at + bytes.write(value, at, 'utf8')
}
