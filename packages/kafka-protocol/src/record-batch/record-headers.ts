import { VarintReader, writeVarint } from '../varint.ts'
import { RecordBatchError } from './record-batch-error.ts'
import { writeSized } from './write-field.ts'

/** One header of a record. Keys may repeat; a value may be null. */
export type RecordHeader = readonly [key: string, value: Uint8Array | string | null]

export const noHeaders: readonly RecordHeader[] = Object.freeze([])

/** Bytes that `writeRecordHeaders` takes at most. */
export function recordHeadersBound(headers: readonly RecordHeader[]): number {
  let bytes = 5
  for (const [key, value] of headers) {
    bytes += 10 + key.length * 3
    if (value !== null) bytes += typeof value === 'string' ? value.length * 3 : value.length
  }
  return bytes
}

/** Writes the header section of a record and returns the position behind it; the caller has made sure of the room. */
export function writeRecordHeaders(bytes: Buffer, at: number, headers: readonly RecordHeader[]): number {
  let position = writeVarint(bytes, at, headers.length)
  for (const [key, value] of headers) {
    position = writeSized(bytes, position, key)
    position = writeSized(bytes, position, value)
  }
  return position
}

/** Reads the header section that starts at `start`; values are views of `bytes`. Throws BATCH_CORRUPT. */
export function readRecordHeaders(bytes: Uint8Array, start: number): RecordHeader[] {
  const reader = new VarintReader(bytes, start, bytes.length)
  const count = reader.varint()
  if (count < 0 || count > bytes.length - reader.at)
    throw new RecordBatchError('BATCH_CORRUPT', `a record at byte ${start} announces ${count} headers`)
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) {
    const key = take(bytes, reader)
    if (key === null) throw new RecordBatchError('BATCH_CORRUPT', `a header key before byte ${reader.at} is null`)
    headers.push([text(key), take(bytes, reader)])
  }
  return headers
}

function take(bytes: Uint8Array, reader: VarintReader): Uint8Array | null {
  const length = reader.varint()
  if (length === -1) return null
  const start = reader.at
  if (length < 0 || length > bytes.length - start)
    throw new RecordBatchError('BATCH_CORRUPT', `a header field at byte ${start} announces ${length} bytes`)
  reader.at = start + length
  return bytes.subarray(start, start + length)
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
