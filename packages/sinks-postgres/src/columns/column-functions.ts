import type { ScalarName } from '../scalars/scalar.ts'
import type { Column, RecordMarker } from './column.ts'

/** What the function of a column may return: a value of its type, or null or undefined for NULL. */
type From<T, V> = (record: T) => V | null | undefined

/** What a value of each type is given as. */
export interface ScalarValues {
  bool: boolean
  int2: number | bigint
  int4: number | bigint
  int8: number | bigint
  float4: number
  float8: number
  numeric: number | bigint | string
  text: string
  varchar: string
  bytea: Uint8Array
  uuid: string | Uint8Array
  date: number | Date | string
  timestamp: number | Date
  timestamptz: number | Date
  json: unknown
  jsonb: unknown
}

/** `boolean`. */
export function bool<T>(from: From<T, boolean>): Column<T> {
  return column('bool', from)
}

/** `smallint`. A value outside its range is refused. */
export function int2<T>(from: From<T, number | bigint> | RecordMarker): Column<T> {
  return column('int2', from)
}

/** `integer`. A value outside its range is refused. */
export function int4<T>(from: From<T, number | bigint> | RecordMarker): Column<T> {
  return column('int4', from)
}

/** `bigint`: whole numbers up to 2^53, or bigints. */
export function int8<T>(from: From<T, number | bigint> | RecordMarker): Column<T> {
  return column('int8', from)
}

/** `real`. */
export function float4<T>(from: From<T, number>): Column<T> {
  return column('float4', from)
}

/** `double precision`. */
export function float8<T>(from: From<T, number> | RecordMarker): Column<T> {
  return column('float8', from)
}

/** `numeric`: numbers (their shortest decimal form), bigints or decimal text, exact. */
export function numeric<T>(from: From<T, number | bigint | string>): Column<T> {
  return column('numeric', from)
}

/** `text`; also for char(n), name, citext, xml and enums, which take text in binary form too. */
export function text<T>(from: From<T, string>): Column<T> {
  return column('text', from)
}

/** `varchar`. */
export function varchar<T>(from: From<T, string>): Column<T> {
  return column('varchar', from)
}

/** `bytea`. */
export function bytea<T>(from: From<T, Uint8Array>): Column<T> {
  return column('bytea', from)
}

/** `uuid`: text, or its 16 bytes. */
export function uuid<T>(from: From<T, string | Uint8Array>): Column<T> {
  return column('uuid', from)
}

/** `date`: epoch ms or a Date (the day in UTC), text such as 2024-02-29, or plus or minus Infinity. */
export function date<T>(from: From<T, number | Date | string>): Column<T> {
  return column('date', from)
}

/** `timestamp` without time zone: the UTC clock's reading of epoch ms or a Date. */
export function timestamp<T>(from: From<T, number | Date> | RecordMarker): Column<T> {
  return column('timestamp', from)
}

/** `timestamptz`: epoch ms (fractions are kept to the microsecond) or a Date, or plus or minus Infinity. */
export function timestamptz<T>(from: From<T, number | Date> | RecordMarker): Column<T> {
  return column('timestamptz', from)
}

/** How a json or jsonb column gets its values. */
export interface JsonOptions {
  /** True when the function returns JSON text or its UTF-8 bytes, which are written as they are. Default false: any value, by JSON.stringify. */
  readonly raw?: boolean
}

/** `json`. null and undefined are NULL, not JSON's null. */
export function json<T>(from: From<T, unknown>, options?: { readonly raw?: false }): Column<T>
export function json<T>(from: From<T, string | Uint8Array>, options: { readonly raw: true }): Column<T>
export function json<T>(from: From<T, unknown>, options: JsonOptions = {}): Column<T> {
  return column('json', from, false, options.raw)
}

/** `jsonb`. null and undefined are NULL, not JSON's null. */
export function jsonb<T>(from: From<T, unknown>, options?: { readonly raw?: false }): Column<T>
export function jsonb<T>(from: From<T, string | Uint8Array>, options: { readonly raw: true }): Column<T>
export function jsonb<T>(from: From<T, unknown>, options: JsonOptions = {}): Column<T> {
  return column('jsonb', from, false, options.raw)
}

/** A one-dimensional array of any type above; null and undefined elements are NULL. */
export function arrayOf<N extends ScalarName, T>(
  element: N,
  from: From<T, readonly (ScalarValues[N] | null | undefined)[]>,
): Column<T> {
  return column(element, from, true)
}

/** A column of any other type (inet, interval, ranges ...): values in PostgreSQL's text form. Makes the whole sink use COPY text. */
export function asText<T>(from: From<T, string>): Column<T> {
  return column('any', from)
}

function column<T>(
  name: ScalarName | 'any',
  from: ((record: T) => unknown) | RecordMarker,
  isArray = false,
  raw = false,
): Column<T> {
  return Object.freeze({ type: Object.freeze({ name, isArray, raw }), from })
}
