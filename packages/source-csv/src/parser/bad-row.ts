import type { FieldReason } from '../columns/field-fault.ts'
import type { FileLayout } from './file-layout.ts'

/** A row that did not become a value. */
export interface BadRow {
  readonly reason: RowReason
  /** What is wrong in words; names the column, never repeats what is in it. */
  readonly detail: string
  /** Offset of the row's first byte in the decompressed file. */
  readonly offset: number
  /** Line that the row begins in, counted from 1. */
  readonly line: number
  /** The row as it stands in the file, without its line end; of a row that is too long, the first `maxRowBytes` bytes. */
  readonly bytes: Uint8Array
}

export type RowReason =
  | FieldReason
  | 'FIELDS_EXTRA'
  | 'FIELDS_MISSING'
  | 'QUOTE_INVALID'
  | 'QUOTE_NOT_CLOSED'
  | 'ROW_TOO_LONG'
  | 'UTF8_INVALID'

/** What a reason of the whole row means, in words. */
export function describeReason(reason: RowReason, layout: FileLayout, foundFields: number): string {
  const { dialect, fieldCount } = layout
  switch (reason) {
    case 'FIELDS_EXTRA':
    case 'FIELDS_MISSING':
      return `the row has ${foundFields} fields where ${fieldCount} are expected`
    case 'FIELD_TOO_LONG':
      return `a field is longer than ${dialect.maxFieldBytes} bytes`
    case 'QUOTE_INVALID':
      return 'a quote stands in the middle of a field, or text behind a closing quote'
    case 'QUOTE_NOT_CLOSED':
      return 'a quoted field is not closed before the end of the file'
    case 'ROW_TOO_LONG':
      return `the row does not end within ${dialect.maxRowBytes} bytes`
    case 'UTF8_INVALID':
      return 'the row is not valid UTF-8'
    default:
      return 'a field is not what its column declares'
  }
}
