import { StreamError } from '@rtp/stream-core/extend'
import type { ExpectedError } from './conformance-case.ts'

/** Codes of errors that refuse what a case says must be refused. */
const CODES: Readonly<Record<ExpectedError, RegExp>> = {
  invalidArgument: /_INVALID$/,
  missingTimestamp: /^(EVENT_TIME_INVALID|EVENT_TIME_MISSING|RECORD_TIME_MISSING)$/,
  timeout: /TIMEOUT|TIMED_OUT/,
}

/** True when the operator failed in the way that the case expects: with an error of this library, not by accident. */
export function isExpectedError(expected: ExpectedError, cause: unknown): boolean {
  return cause instanceof StreamError && CODES[expected].test(cause.code)
}
