/**
 * Where a decoder says that a field is not what was declared. One object serves a whole reader, so a good row allocates nothing
 * for it; only the first fault of a row is kept.
 */
export class FieldFault {
  failed = false
  reason: FieldReason = 'FIELD_EMPTY'
  detail = ''

  set(reason: FieldReason, detail: string): void {
    if (this.failed) return
    this.failed = true
    this.reason = reason
    this.detail = detail
  }

  clear(): void {
    this.failed = false
  }
}

/** Why a field is bad; the `reason` of the bad record. Columns of others may have reasons of their own. */
export type FieldReason =
  | 'BOOLEAN_INVALID'
  | 'FIELD_EMPTY'
  | 'FIELD_TOO_LONG'
  | 'INTEGER_INVALID'
  | 'NUMBER_INVALID'
  | 'TIMESTAMP_INVALID'
  | 'TIMESTAMP_OUT_OF_RANGE'
  | (string & {})
