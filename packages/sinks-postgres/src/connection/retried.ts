import { setTimeout } from 'node:timers/promises'
import { StreamError } from '@rtp/stream-core/extend'
import { isConnectionFailure } from '../errors.ts'

/** Repeats work that changes nothing by being repeated, while connections break, within the time. */
export async function retried<R>(timeoutMs: number, work: () => Promise<R>): Promise<R> {
  const startedAt = performance.now()
  for (;;) {
    try {
      return await work()
    } catch (cause) {
      const isWorthIt = cause instanceof StreamError && cause.retryable && isConnectionFailure(cause)
      if (!isWorthIt || performance.now() - startedAt > timeoutMs) throw cause
      await setTimeout(RETRY_DELAY_MS)
    }
  }
}

const RETRY_DELAY_MS = 50
