import { type Batch, messageOf, StreamError } from '@rtp/stream-core/extend'
import { ValueFault } from '../scalars/scalar.ts'

/** The error for the value of one record that cannot be written: names column, place and what the value is, never the value itself. */
export function valueError(
  table: string,
  column: string,
  batch: Batch<unknown>,
  at: number,
  cause: unknown,
): StreamError {
  if (cause instanceof StreamError) return cause
  const offset = batch.offsets[at]
  const place = {
    partition: batch.origin?.partition,
    offset: offset === undefined || Number.isNaN(offset) ? undefined : offset,
  }
  const where = `column "${column}" of ${table}`
  const record = placeText(place)
  if (cause instanceof ValueFault) {
    return new StreamError(
      'POSTGRES_VALUE_INVALID',
      `${where} ${cause.message} (${record}). Correct the column's function, or filter such records before the sink.`,
      { place },
    )
  }
  return new StreamError(
    'USER_FUNCTION_FAILED',
    `the function of ${where} threw for ${record}: ${messageOf(cause)}. It must return a value, null or undefined for every record.`,
    { place, cause },
  )
}

function placeText(place: { partition: string | undefined; offset: number | undefined }): string {
  if (place.partition === undefined) return 'a record that an operator made'
  return `record at ${place.partition}${place.offset === undefined ? '' : ` offset ${place.offset}`}`
}
