import { isRetryable, messageOf, StreamError } from '../errors.ts'
import type { FailureMetrics, JobFailure } from '../metrics/job-metrics.ts'

/** What has failed since the process started the job: a count by code, and the last few with all that is known of them. */
export class FailureHistory {
  readonly #byCode = new Map<string, number>()
  #last: readonly JobFailure[] = []

  /** `restartInMs`: undefined when the job ends with it. */
  add(error: unknown, at: number, restartInMs: number | undefined): void {
    const code = error instanceof StreamError ? error.code : UNEXPECTED
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1)
    const failure: JobFailure = {
      at,
      code,
      message: shortened(messageOf(error)),
      place: error instanceof StreamError ? error.place : {},
      retryable: isRetryable(error),
      restartInMs,
    }
    this.#last = [...this.#last, failure].slice(-MOST_KEPT)
  }

  metrics(): FailureMetrics {
    return { byCode: Object.fromEntries(this.#byCode), last: this.#last }
  }
}

/** What was thrown by something that is not of this library: a fault in it, or in a connector. */
const UNEXPECTED = 'UNEXPECTED'
const MOST_KEPT = 10

/** Messages may hold what a server said, and a job that fails for days keeps ten of them. */
function shortened(message: string): string {
  return message.length <= MOST_CHARACTERS ? message : `${message.slice(0, MOST_CHARACTERS - 1)}…`
}

const MOST_CHARACTERS = 1_000
