import type { Clock } from '../time/clock.ts'

/**
 * Gives timers and sockets their turn: a loop whose awaits all resolve at once would otherwise keep the thread to itself. `pause()` is undefined
 * until the slice is used up.
 */
export class TimeSlice {
  readonly #clock: Clock
  #startedAt: number
  /** All loops whose slice is used up go on in one turn, or one would work through the whole next slice before another has its turn. */
  #turn: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.monotonic()
  }

  pause(): Promise<void> | undefined {
    if (this.#clock.monotonic() - this.#startedAt < SLICE_MS) return undefined
    this.#turn ??= (this.#clock.turn?.() ?? nextTurn()).then(() => {
      this.#startedAt = this.#clock.monotonic()
      this.#turn = undefined
    })
    return this.#turn
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}

const SLICE_MS = 10
