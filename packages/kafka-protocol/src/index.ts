export { type ApiName, apiKeys, apiName } from './api-keys.ts'
export { crc32c } from './crc32c.ts'
export { describeError, type ErrorDescription, type ErrorName, errorCodes } from './error-codes.ts'
export {
  type AbortedTransaction,
  AbortedTransactions,
  type TransactionMarker,
  transactionMarker,
} from './record-batch/aborted-transactions.ts'
export { RecordBatchCursor } from './record-batch/batch-cursor.ts'
export { decodeRecords, type RecordBytes } from './record-batch/decode.ts'
export {
  type FieldWriter,
  type FinishOptions,
  RecordBatchEncoder,
} from './record-batch/encode.ts'
export {
  BATCH_LENGTH_OVERHEAD,
  type BatchProducer,
  batchAttributes,
  batchLayout,
  type CompressionName,
  compressionName,
  compressionTypes,
  readInt16,
  readInt32,
  readInt64,
  setBaseOffset,
  setBatchProducer,
  writeInt16,
  writeInt32,
  writeInt64,
} from './record-batch/header.ts'
export { RecordBatchError, type RecordBatchErrorCode } from './record-batch/record-batch-error.ts'
export { RecordColumns } from './record-batch/record-columns.ts'
export { noHeaders, type RecordHeader, readRecordHeaders } from './record-batch/record-headers.ts'
export { writeBytes, writeText } from './record-batch/write-field.ts'
export { WireError, type WireErrorCode } from './wire-error.ts'
export { WireReader } from './wire-reader.ts'
export { type WirePlaceholder, WireWriter } from './wire-writer.ts'
