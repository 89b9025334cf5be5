import type { Clock } from '@rtp/stream-core/extend'

/** Waiting times between attempts: each twice the last, with jitter so that clients do not all come back at once. */
export class BackOff {
  readonly #firstMs: number
  readonly #longestMs: number
  #nextMs: number

  constructor(firstMs = 100, longestMs = 5_000) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
    this.#nextMs = firstMs
  }

  /** How long to wait now. */
  nextMs(): number {
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(delayMs * 2, this.#longestMs)
    return delayMs * (0.75 + Math.random() / 2)
  }

  /** An attempt went well. */
  reset(): void {
    this.#nextMs = this.#firstMs
  }
}

/** Resolves after the delay, or at once when the signal is aborted. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    // A pause is part of work under way, so it must keep the process alive, which the clock's timers do not.
    const alive = setInterval(() => undefined, 60_000)
    const done = (): void => {
      cancel()
      clearInterval(alive)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(delayMs, done)
    signal.addEventListener('abort', done)
  })
}
