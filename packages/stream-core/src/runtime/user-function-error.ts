import type { Batch } from '../batch/batch.ts'
import { messageOf, StreamError } from '../errors.ts'

/** What a user's function threw, with the operator and the record's place; a StreamError keeps its code and gains the place. */
export function userFunctionError(operator: string, cause: unknown, batch: Batch<unknown>, at: number): StreamError {
  const offset = batch.offsets[at]
  const known = offset !== undefined && !Number.isNaN(offset)
  const place = {
    operator,
    source: batch.origin?.source,
    partition: batch.origin?.partition,
    offset: known ? offset : undefined,
  }
  const where =
    batch.origin === undefined || !known
      ? ''
      : ` at offset ${offset} of partition ${batch.origin.partition} of "${batch.origin.source}"`
  if (cause instanceof StreamError) {
    const text = cause.message.slice(cause.code.length + 2)
    return new StreamError(cause.code, `"${operator}"${where}: ${text}`, { cause, place, retryable: cause.retryable })
  }
  return new StreamError(
    'USER_FUNCTION_FAILED',
    `the function of "${operator}" threw${where}: ${messageOf(cause)}. Handle such records in the function, or filter them out before it.`,
    { cause, place },
  )
}
