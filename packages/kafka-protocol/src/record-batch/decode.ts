import { VarintReader } from '../varint.ts'
import type { RecordBatchCursor } from './batch-cursor.ts'
import { RecordBatchError } from './record-batch-error.ts'
import type { RecordColumns } from './record-columns.ts'

/** Where the records of a batch lie when that is not in the batch itself: the result of decompressing it. */
export interface RecordBytes {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/**
 * Appends the records of the cursor's batch with offsets from `fromOffset` on to the columns. The batch's records are in `content`, which is
 * the cursor's own bytes unless the batch is compressed. Columns hold positions in one Buffer, so all batches that are decoded into the
 * same columns must share it. Throws RecordBatchError with BATCH_CORRUPT, and then leaves the columns' size as it was.
 */
export function decodeRecords(
  cursor: RecordBatchCursor,
  content: RecordBytes,
  columns: RecordColumns,
  fromOffset = 0,
): void {
  const { bytes, start, end } = content
  const count = cursor.recordCount
  // A compressed batch's count could not be held against its size before.
  if (count * 7 > end - start) throw corrupt(start, `${count} records are announced in ${end - start} bytes`)
  columns.reserve(count)
  columns.bytes = bytes
  const { offsets, timestamps, keyStarts, keyLengths, valueStarts, valueLengths, headerStarts } = columns
  const { baseOffset, baseTimestamp } = cursor
  const appendTime = cursor.isLogAppendTime ? cursor.maxTimestamp : Number.NaN
  const hasAppendTime = cursor.isLogAppendTime
  const reader = new VarintReader(bytes, start, end)
  let size = columns.size
  for (let index = 0; index < count; index++) {
    const length = reader.varint()
    const recordEnd = reader.at + length
    if (length < 6 || recordEnd > end) throw corrupt(reader.at, `a record of ${length} bytes does not fit`)
    reader.at++ // attributes: none are defined
    const timestampDelta = reader.varlong()
    const offset = baseOffset + reader.varint()
    const keyLength = reader.varint()
    const keyStart = reader.at
    if (keyLength > 0) reader.at = keyStart + keyLength
    if (keyLength < -1 || reader.at >= recordEnd) throw corrupt(keyStart, `a key of ${keyLength} bytes does not fit`)
    const valueLength = reader.varint()
    const valueStart = reader.at
    const headerStart = valueLength > 0 ? valueStart + valueLength : valueStart
    if (valueLength < -1 || headerStart >= recordEnd)
      throw corrupt(valueStart, `a value of ${valueLength} bytes does not fit`)
    if (offset >= fromOffset) {
      offsets[size] = offset
      timestamps[size] = hasAppendTime ? appendTime : baseTimestamp + timestampDelta
      keyStarts[size] = keyStart
      keyLengths[size] = keyLength
      valueStarts[size] = valueStart
      valueLengths[size] = valueLength
      headerStarts[size] = headerStart
      size++
    }
    reader.at = recordEnd
  }
  columns.size = size
}

function corrupt(at: number, what: string): RecordBatchError {
  return new RecordBatchError('BATCH_CORRUPT', `at byte ${at}: ${what}`)
}
