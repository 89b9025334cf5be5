import type { Column, FieldDecoder } from './column.ts'

/** Lets a field be empty: it is null then, where it would be a bad row otherwise. The column itself must still be in the header. */
export function optional<T>(column: Column<T>): Column<T | null> {
  return {
    header: column.header,
    decoder(): FieldDecoder<T | null> {
      const inner = column.decoder()
      return { decode: (bytes, start, end, fault) => (start === end ? null : inner.decode(bytes, start, end, fault)) }
    },
  }
}
