import type { ColumnType } from '../columns/column.ts'
import type { TableColumn } from './table-shape.ts'

/**
 * How a column of the sink can be written to one of the table. COPY BINARY hands the bytes to the type's receive function, which
 * takes exactly its own form: int4 for int8 fails, and float8 for int8 would even be taken, as another number.
 */
export type TypeMatch = 'binary' | 'text' | 'mismatch'

export function matchType(type: ColumnType, column: TableColumn): TypeMatch {
  if (type.name === 'any') return 'text'
  const { typeName, isBuiltIn, typeKind } = column
  if (isBuiltIn && typeName === `${type.isArray ? '_' : ''}${type.name}`) return 'binary'
  if (type.name !== 'text' && type.name !== 'varchar') return 'mismatch'
  // An array says which type its elements have, so arrays of related types go as text.
  if (type.isArray) return isKnown(typeName.slice(1), isBuiltIn) && !isTextual(typeName.slice(1)) ? 'mismatch' : 'text'
  if ((isBuiltIn && isTextual(typeName)) || typeKind === 'e' || typeName === 'citext') return 'binary'
  return isKnown(typeName, isBuiltIn) ? 'mismatch' : 'text'
}

/** The function to write in the sink for a column of the table, e.g. `int8(...)`. */
export function suggestedFunction({ typeName, isBuiltIn, typeKind }: TableColumn): string {
  const isArray = isBuiltIn && typeName.startsWith('_')
  const element = isArray ? typeName.slice(1) : typeName
  if (isArray && isKnown(element, true)) return `arrayOf('${element}', ...)`
  if (isKnown(element, isBuiltIn)) return `${element}(...)`
  return (isBuiltIn && isTextual(element)) || typeKind === 'e' ? 'text(...)' : 'asText(...)'
}

/** These take their text as binary form. */
function isTextual(typeName: string): boolean {
  return ['text', 'varchar', 'bpchar', 'name', 'xml'].includes(typeName)
}

function isKnown(typeName: string, isBuiltIn: boolean): boolean {
  return isBuiltIn && KNOWN.has(typeName)
}

const KNOWN = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'text',
  'varchar',
  'bytea',
  'uuid',
  'date',
  'timestamp',
  'timestamptz',
  'json',
  'jsonb',
])
