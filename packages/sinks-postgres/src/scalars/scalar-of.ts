import type { ColumnType } from '../columns/column.ts'
import { arrayScalar } from './array.ts'
import { bool } from './bool.ts'
import { bytea } from './bytea.ts'
import { float4, float8 } from './floats.ts'
import { int2, int4, int8 } from './integers.ts'
import { json, jsonb } from './json.ts'
import { numeric } from './numeric.ts'
import type { Scalar, ScalarName } from './scalar.ts'
import { text, varchar } from './text.ts'
import { date, timestamp, timestamptz } from './times.ts'
import { uuid } from './uuid.ts'

/** The codec of a column's type. `maxLength` is that of varchar(n) in the table, undefined where there is none. */
export function scalarOf(type: ColumnType, maxLength?: number): Scalar {
  const scalar = type.name === 'any' ? text : elementScalar(type.name, type.raw, maxLength)
  return (type.isArray ? arrayScalar(scalar) : scalar) as Scalar
}

function elementScalar(name: ScalarName, raw: boolean, maxLength: number | undefined): Scalar {
  if (name === 'varchar' || (name === 'text' && maxLength !== undefined)) return varchar(maxLength) as Scalar
  if (name === 'json') return json(raw) as Scalar
  if (name === 'jsonb') return jsonb(raw) as Scalar
  return FIXED[name]
}

// A codec takes back only what its own `prepare` made, so the prepared type may be forgotten outside.
const FIXED: Readonly<Record<Exclude<ScalarName, 'varchar' | 'json' | 'jsonb'>, Scalar>> = {
  bool: bool as Scalar,
  int2: int2 as Scalar,
  int4: int4 as Scalar,
  int8: int8 as Scalar,
  float4: float4 as Scalar,
  float8: float8 as Scalar,
  numeric: numeric as Scalar,
  text: text as Scalar,
  bytea: bytea as Scalar,
  uuid: uuid as Scalar,
  date: date as Scalar,
  timestamp: timestamp as Scalar,
  timestamptz: timestamptz as Scalar,
}
