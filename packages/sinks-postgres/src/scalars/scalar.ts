/** Bytes that are being filled, seen in two ways. */
export interface Target {
  readonly bytes: Buffer
  readonly view: DataView
}

/**
 * One PostgreSQL type: how a JavaScript value becomes its binary form (what the type's receive function reads) and its text form.
 *
 * Three steps, so that a column can be measured before it is written: `prepare` checks a value and turns it into what the other two take,
 * `size` tells its bytes, `put` writes exactly that many. `prepare` throws a `ValueFault` for a value that the type cannot hold.
 */
export interface Scalar<P = unknown> {
  readonly name: ScalarName
  /** Oid of the type and of its array type; fixed for built-in types (pg_type.dat). */
  readonly oid: number
  readonly arrayOid: number
  prepare(value: unknown): P
  size(prepared: P): number
  put(target: Target, at: number, prepared: P): void
  text(prepared: P): string
}

/** The types that are written in binary form; all others go as text. */
export type ScalarName =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'text'
  | 'varchar'
  | 'bytea'
  | 'uuid'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'json'
  | 'jsonb'

/** Says why a value does not fit its type, in words that do not repeat the value. */
export class ValueFault extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'ValueFault'
  }
}

/** What a value is, for messages: its type, never its content. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NaN'
    if (!Number.isFinite(value)) return 'an infinite number'
    return Number.isInteger(value) ? 'a whole number' : 'a number with a fraction'
  }
  if (typeof value !== 'object') return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  if (value instanceof Uint8Array) return 'bytes'
  return 'an object'
}

export function expected(wanted: string, value: unknown): ValueFault {
  return new ValueFault(`takes ${wanted}, got ${describeValue(value)}`)
}
