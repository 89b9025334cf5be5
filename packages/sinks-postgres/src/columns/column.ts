import type { ScalarName } from '../scalars/scalar.ts'

/** How one column of a table is filled from records of type T. A value; see the functions of `column-functions.ts`. */
export interface Column<in T> {
  readonly type: ColumnType
  readonly from: ((record: T) => unknown) | RecordMarker
}

export interface ColumnType {
  /** 'any': the text form of whatever type the column has. */
  readonly name: ScalarName | 'any'
  readonly isArray: boolean
  /** For json and jsonb: values are JSON text or bytes already. */
  readonly raw: boolean
}

/** The columns of a table by name, in the order in which they are written. */
export type Columns<T> = { readonly [column: string]: Column<T> }

/** What the engine knows about a record; read from the batch, without a call per record. */
export interface RecordMarker {
  readonly marker: 'partition' | 'offset' | 'time'
}

/** Number of the source partition that the record came from; NULL behind an operator that makes records of several. */
export const recordPartition: RecordMarker = Object.freeze({ marker: 'partition' })
/** Offset of the record in its partition; NULL for results of windows and timers. */
export const recordOffset: RecordMarker = Object.freeze({ marker: 'offset' })
/** Event time of the record in epoch milliseconds; NULL where it has none. */
export const recordTime: RecordMarker = Object.freeze({ marker: 'time' })

/** The type as PostgreSQL names it, for messages. */
export function typeText(type: ColumnType): string {
  return `${type.name}${type.isArray ? '[]' : ''}`
}
