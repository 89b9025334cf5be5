/** What can be wrong with a record batch. */
export type RecordBatchErrorCode =
  | 'BATCH_CORRUPT'
  | 'BATCH_CRC_MISMATCH'
  | 'BATCH_MAGIC_UNSUPPORTED'
  | 'BATCH_TOO_LARGE'

/** A record batch that cannot be read. The message says what is wrong and at which byte; it never repeats content. */
export class RecordBatchError extends Error {
  readonly code: RecordBatchErrorCode

  constructor(code: RecordBatchErrorCode, message: string) {
    super(message)
    this.name = 'RecordBatchError'
    this.code = code
  }
}
