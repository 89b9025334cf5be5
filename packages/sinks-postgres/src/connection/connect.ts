import { isRetryable, messageOf, StreamError } from '@rtp/stream-core/extend'
import type { ResolvedOptions } from '../options.ts'
import { PostgresConnection } from './client.ts'

/** How long and how loudly to wait for a database. */
export interface WaitOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Called after each attempt that failed and will be repeated. */
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined
}

/** One attempt that did not get through. */
export interface Waiting {
  readonly attempt: number
  readonly elapsedMs: number
  /** Until the next attempt. */
  readonly delayMs: number
  /** Why not, without secrets. */
  readonly error: StreamError
}

/**
 * Connects, again and again with growing pauses while the reason may pass: nobody listens yet, the server starts up, recovers, has too many
 * connections. A refused password or an unknown database ends it at once.
 */
export async function connect(options: ResolvedOptions, wait: WaitOptions): Promise<PostgresConnection> {
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    wait.signal?.throwIfAborted()
    try {
      return await PostgresConnection.open(options)
    } catch (cause) {
      const elapsedMs = performance.now() - startedAt
      const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2)
      if (!(cause instanceof StreamError) || !isRetryable(cause)) throw cause
      if (elapsedMs + delayMs > wait.timeoutMs) throw gaveUp(cause, attempt, elapsedMs)
      wait.onWaiting?.({ attempt, elapsedMs, delayMs, error: cause })
      await pause(delayMs, wait.signal)
    }
  }
}

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000

function gaveUp(cause: StreamError, attempts: number, elapsedMs: number): StreamError {
  if (attempts === 1) return cause
  const reason = messageOf(cause).slice(cause.code.length + 2)
  return new StreamError(
    cause.code,
    `gave up after ${attempts} attempts in ${(elapsedMs / 1000).toFixed(1)} s: ${reason}`,
    { cause: cause.cause, retryable: true },
  )
}

/** Ends early when the signal aborts. */
function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, delayMs)
    signal?.addEventListener('abort', end, { once: true })
  })
}
