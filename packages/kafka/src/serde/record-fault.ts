/**
 * Where a decoder says that a record is not what was declared. One object serves a whole reader, so a good record allocates nothing for it;
 * the first fault of a record is kept.
 */
export class RecordFault {
  failed = false
  reason: RecordFaultReason = 'NOT_JSON'
  detail = ''

  /** `detail` names fields and never repeats their content. */
  set(reason: RecordFaultReason, detail: string): void {
    if (this.failed) return
    this.failed = true
    this.reason = reason
    this.detail = detail
  }

  clear(): void {
    this.failed = false
  }
}

/** Why a record is bad. Serdes of others may have reasons of their own. */
export type RecordFaultReason =
  | 'BOOLEAN_INVALID'
  | 'EMPTY'
  | 'FIELD_MISSING'
  | 'INTEGER_INVALID'
  | 'NOT_JSON'
  | 'NOT_UTF8'
  | 'NUMBER_INVALID'
  | 'SHAPE_INVALID'
  | 'TEXT_INVALID'
  | 'TIMESTAMP_INVALID'
  | 'TOMBSTONE'
  | (string & {})
