import type { FieldDecoder } from '../columns/column.ts'
import type { FieldFault } from '../columns/field-fault.ts'

/** Makes a row of the fields that were found in `bytes`; after a fault the row is not to be used. */
export type DecodeRow<Row> = (bytes: Uint8Array, starts: Int32Array, ends: Int32Array, fault: FieldFault) => Row

/** A property of the row, the decoder of its column, and which field of the file that is. */
export interface BoundColumn {
  readonly name: string
  readonly header: string
  readonly field: number
  readonly decoder: FieldDecoder<unknown>
}

/**
 * Compiles a function that makes rows of one fixed shape. Written out per column, each call has one target, so the engine inlines the
 * decoders; a loop over the columns costs twice as much per row.
 */
export function compileRowDecoder<Row>(columns: readonly BoundColumn[]): DecodeRow<Row> {
  const values = columns.map(
    ({ field }, i) => `const v${i} = d${i}.decode(bytes, starts[${field}], ends[${field}], fault)`,
  )
  const properties = columns.map(({ name }, i) => `${JSON.stringify(name)}: v${i}`)
  const body = `return (bytes, starts, ends, fault) => {\n${values.join('\n')}\nreturn { ${properties.join(', ')} }\n}`
  try {
    const make = new Function(...columns.map((_, i) => `d${i}`), body)
    return make(...columns.map(column => column.decoder)) as DecodeRow<Row>
  } catch {
    // Where a policy forbids code from strings (CSP, --disallow-code-generation-from-strings).
    return loopingRowDecoder(columns)
  }
}

/** The same by a loop. */
export function loopingRowDecoder<Row>(columns: readonly BoundColumn[]): DecodeRow<Row> {
  return (bytes, starts, ends, fault) => {
    const row: Record<string, unknown> = {}
    for (const { name, field, decoder } of columns) {
      row[name] = decoder.decode(bytes, starts[field]!, ends[field]!, fault)
    }
    return row as Row
  }
}
