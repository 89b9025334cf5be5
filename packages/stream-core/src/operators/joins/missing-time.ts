import { StreamError } from '../../errors.ts'
import type { JoinInput } from './join-kind.ts'

/** A record without event time cannot be joined by it. */
export function missingTime(operator: string, input: JoinInput): StreamError {
  return new StreamError(
    'RECORD_TIME_MISSING',
    `"${operator}" joins by event time, and a record of its ${input === 0 ? 'left' : 'right'} input has none. Call withEventTime() on that stream before keyBy().`,
    { place: { operator } },
  )
}
