import type { FieldFault } from './field-fault.ts'

/** What a column of the file holds: the name in the header and how its bytes become a value. A column is a value without state. */
export interface Column<T> {
  /** The name in the header; undefined where it is the name of the property. */
  readonly header: string | undefined
  /** A decoder of its own for each reader, because decoders keep caches. */
  decoder(): FieldDecoder<T>
}

export interface FieldDecoder<T> {
  /**
   * The value of the field at `[start, end)`, which is valid UTF-8, without its quotes. On a fault it calls `fault.set` and returns any
   * value of the type; it must give the same answer every time it is asked.
   */
  decode(bytes: Uint8Array, start: number, end: number, fault: FieldFault): T
}

export type Columns = { readonly [name: string]: Column<unknown> }

/** The type of a row: `RowOf<{ sensor: Column<string> }>` is `{ sensor: string }`. */
export type RowOf<C extends Columns> = { -readonly [K in keyof C]: C[K] extends Column<infer T> ? T : never }
