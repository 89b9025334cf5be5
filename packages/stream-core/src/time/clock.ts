/** The port to wall-clock time. The engine never reads time or sets timers by another way, so a simulator can replace both. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back. */
  monotonic(): number
  /** Calls back once after `delayMs`; the result cancels it. Whoever starts a timer cancels it when it ends. */
  after(delayMs: number, callback: () => void): () => void
  /** Resolves when timers and sockets have had their turn. Left out: after a turn of the platform's event loop. */
  turn?(): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
