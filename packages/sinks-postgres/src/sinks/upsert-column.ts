import type { Column } from '../columns/column.ts'
import type { WrittenColumn } from '../copy/column-loaders.ts'
import { scalarOf } from '../scalars/scalar-of.ts'
import type { CheckedColumn } from '../table/check-table.ts'

/** A column as a parameter of the upsert's unnest(): in its own type, or as text that the statement casts. */
export interface UpsertColumn<T> extends WrittenColumn<T> {
  /** Empty, or `::type`. */
  readonly cast: string
}

/** unnest() would take arrays apart, and types without a known binary form have text alone: both travel as text. */
export function upsertColumn<T>(checked: CheckedColumn<T>): UpsertColumn<T> {
  const { name, column, castType, takesText, maxLength } = checked
  const cast = `::${castType}`
  if (!column.type.isArray && checked.format === 'binary') {
    const isText = column.type.name === 'text' || column.type.name === 'varchar'
    return { name, column, maxLength, cast: isText && !takesText ? cast : '' }
  }
  return { name, column: asText(column, maxLength), cast }
}

function asText<T>(column: Column<T>, maxLength: number | undefined): Column<T> {
  const { from } = column
  const type = { name: 'text', isArray: false, raw: false } as const
  // Markers fill numbers, which have a binary form unless the table's type has none; then they have no column type to be text of.
  if (typeof from !== 'function') return { type, from }
  const scalar = scalarOf(column.type, maxLength)
  return {
    type,
    from(record) {
      const value = from(record)
      return value === null || value === undefined ? value : scalar.text(scalar.prepare(value))
    },
  }
}
