import {
  decodeRecords,
  noHeaders,
  RecordBatchCursor,
  RecordBatchEncoder,
  RecordColumns,
  readRecordHeaders,
} from '@rtp/kafka-protocol'

/** Cuts a batch into two with half of the records each, in order. */
export function splitBatch(encoder: RecordBatchEncoder): [RecordBatchEncoder, RecordBatchEncoder] {
  const bytes = encoder.finish()
  const cursor = new RecordBatchCursor(bytes, 0, bytes.length, { checkCrc: false })
  cursor.next()
  const columns = new RecordColumns(encoder.count)
  decodeRecords(cursor, { bytes, start: cursor.recordsStart, end: cursor.end }, columns)
  const middle = columns.size >> 1
  return [
    copyRecords(columns, 0, middle, encoder.maxBytes),
    copyRecords(columns, middle, columns.size, encoder.maxBytes),
  ]
}

function copyRecords(columns: RecordColumns, from: number, to: number, maxBytes: number): RecordBatchEncoder {
  // Offsets and times count from the first record, so a half may need a few bytes more than it had.
  const half = new RecordBatchEncoder(maxBytes + 1024)
  for (let index = from; index < to; index++) {
    const start = columns.headerStarts[index]!
    const headers = columns.bytes[start] === 0 ? noHeaders : readRecordHeaders(columns.bytes, start)
    half.tryAppend(columns.timestamps[index]!, columns.key(index), columns.value(index), headers)
  }
  return half
}
