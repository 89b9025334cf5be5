import { isRetryable } from '../errors.ts'

/** What becomes of a job whose attempt fails with something that may pass, such as a lost connection. Other errors always end it. */
export interface RestartPolicy {
  /** Failures in a row, without a checkpoint between them, after which the job fails for good. Default 10; 0 never restarts. */
  readonly attempts?: number
  /** Delay before the first restart, ms; doubled for each further one. Default 200. */
  readonly initialDelayMs?: number
  /** Longest delay, ms. Default 10,000. */
  readonly maxDelayMs?: number
  /**
   * Share of a delay, 0 to 1, that chance may add or take away: processes that lost the same server do not all come back in the same moment.
   * Default 0.2.
   */
  readonly jitter?: number
}

/**
 * Ms to wait before the next attempt, undefined when there is to be none. `failures` counts those in a row before this one; `chance` is from 0
 * to 1, and 0.5 adds and takes away nothing.
 */
export function restartDelayMs(
  policy: RestartPolicy,
  failures: number,
  error: unknown,
  chance: number,
): number | undefined {
  const { attempts = 10, initialDelayMs = 200, maxDelayMs = 10_000, jitter = 0.2 } = policy
  if (!isRetryable(error) || failures >= attempts) return undefined
  const delayMs = Math.min(maxDelayMs, initialDelayMs * 2 ** failures)
  return delayMs * (1 + jitter * (2 * chance - 1))
}
