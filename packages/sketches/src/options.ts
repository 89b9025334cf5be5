import { StreamError } from '@rtp/stream-core/extend'

/** Throws AGGREGATE_INVALID unless `least` <= value <= `most`. */
export function checkRange(what: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw new StreamError('AGGREGATE_INVALID', `${what} must be from ${least} to ${most}; got ${value}.`)
}

/** Throws AGGREGATE_INVALID unless the value is whole and at least `least`. */
export function checkWhole(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new StreamError('AGGREGATE_INVALID', `${what} must be a whole number, at least ${least}; got ${value}.`)
}
