import type { Column } from '../../src/columns/column.ts'
import { FieldFault } from '../../src/columns/field-fault.ts'

/** What a column makes of one field, with bytes around it that are not its own: a value, or the reason of its fault. */
export function decode<T>(column: Column<T>, field: string): T | { reason: string; detail: string } {
  const fault = new FieldFault()
  const value = column.decoder().decode(...placed(field), fault)
  return fault.failed ? { reason: fault.reason, detail: fault.detail } : value
}

/** The field between digits, so that a decoder that reads too far gets another number. */
export function placed(field: string): [Buffer, number, number] {
  const bytes = Buffer.from(`9${field}9`)
  return [bytes, 1, bytes.length - 1]
}
