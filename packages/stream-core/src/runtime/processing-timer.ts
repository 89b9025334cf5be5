import type { Clock } from '../time/clock.ts'
import type { Task, Timed } from './task.ts'

/** Wakes operators of one sort that wait for a time: one of the wall clock, or for calls one that is never set. */
export class ProcessingTimer {
  readonly #clock: Clock
  readonly #timed: Timed
  readonly #tasks: readonly Task[]
  /** Undefined while operators may push; else something to wait for first. */
  readonly #admission: () => Promise<void> | undefined
  readonly #onFailure: (error: unknown) => void
  #armedFor = Number.POSITIVE_INFINITY
  #cancelTimer: () => void = () => {}
  #stopped = false

  constructor(
    clock: Clock,
    timed: Timed,
    tasks: readonly Task[],
    admission: () => Promise<void> | undefined,
    onFailure: (error: unknown) => void,
  ) {
    this.#clock = clock
    this.#timed = timed
    this.#tasks = tasks
    this.#admission = admission
    this.#onFailure = onFailure
  }

  /** Sets the timer for the time that comes first; called whenever operators may wait for another one. */
  arm(): void {
    if (this.#stopped) return
    let next = Number.POSITIVE_INFINITY
    for (const task of this.#tasks) next = Math.min(next, task.nextProcessingTime(this.#timed))
    if (next >= this.#armedFor) return
    this.#cancelTimer()
    this.#armedFor = next
    // Timers of the platform take 31 bits; one that rings early is set again.
    const delayMs = Math.min(Math.max(1, Math.ceil(next - this.#time())), MOST_DELAY_MS)
    this.#cancelTimer = this.#clock.after(delayMs, () => void this.#ring().catch(this.#onFailure))
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer()
  }

  /** The time that operators of the sort are told. */
  #time(): number {
    return this.#timed === 'calls' ? this.#clock.monotonic() : this.#clock.now()
  }

  async #ring(): Promise<void> {
    for (let wait = this.#admission(); wait !== undefined; wait = this.#admission()) await wait
    if (this.#stopped) return
    this.#armedFor = Number.POSITIVE_INFINITY
    const now = this.#time()
    for (const task of this.#tasks) if (task.nextProcessingTime(this.#timed) <= now) task.tellTime(now, this.#timed)
    this.arm()
  }
}

const MOST_DELAY_MS = 2 ** 31 - 1
