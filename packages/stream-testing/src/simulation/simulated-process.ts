import { type Clock, StreamError } from '@rtp/stream-core/extend'
import type { Fault } from './faults.ts'
import type { Scheduler, Step, StepOwner } from './scheduler.ts'

/** How a server answers a call, at once or later, once. */
export interface Reply<R> {
  ok(result: R): void
  fail(error: unknown): void
}

export interface ProcessWorld {
  readonly scheduler: Scheduler
  /** Asked at each call. */
  fault(process: SimulatedProcess, call: string): Fault | undefined
  /** Does to the process, or the world, what is no matter of the call itself. */
  happen(fault: Fault, process: SimulatedProcess): void
  died(process: SimulatedProcess): void
  paused(process: SimulatedProcess): void
  resumed(process: SimulatedProcess): void
}

/**
 * One start of a simulated process: what the engine in it can reach of the world. A dead one gets no answer and no timer any more, so what it
 * was about to do is never done; what it has sent is on its way.
 */
export class SimulatedProcess implements StepOwner {
  readonly name: string
  readonly clock: Clock
  state: 'running' | 'paused' | 'dead' = 'running'
  /** Added to wall-clock time, ms. */
  clockOffset = 0
  readonly #world: ProcessWorld
  #held: Step[] = []

  constructor(name: string, world: ProcessWorld) {
    this.name = name
    this.#world = world
    const { scheduler } = world
    this.clock = {
      now: () => START_MS + scheduler.time + this.clockOffset,
      monotonic: () => scheduler.time,
      after: (delayMs, callback) => scheduler.schedule(this, delayMs, '', callback),
      turn: () => new Promise(resolve => scheduler.schedule(this, 0, '', resolve)),
    }
  }

  kill(): void {
    if (this.state === 'dead') return
    this.state = 'dead'
    this.#held = []
    this.#world.scheduler.note(`${this.name} CRASHES`)
    this.#world.died(this)
  }

  /** Stands still for a time, ms. */
  pause(durationMs: number): void {
    if (this.state !== 'running') return
    this.state = 'paused'
    const { scheduler } = this.#world
    scheduler.note(`${this.name} IS PAUSED for ${durationMs} ms`)
    this.#world.paused(this)
    scheduler.schedule(undefined, durationMs, '', () => this.#resume())
  }

  hold(step: Step): void {
    this.#held.push(step)
  }

  /**
   * Asks a server: the request travels, has its effect, and the answer travels back. The result never settles when the process dies on the way.
   */
  call<R>(label: string, effect: (reply: Reply<R>) => void): Promise<R> {
    const { scheduler } = this.#world
    if (this.state === 'dead') return new Promise(() => {})
    // One that was paused in the middle of what it did goes on with it later.
    if (this.state === 'paused') {
      return new Promise<void>(resolve => scheduler.schedule(this, 0, '', resolve)).then(() => this.call(label, effect))
    }
    const fault = this.#world.fault(this, label)
    if (fault !== undefined) scheduler.note(`${this.name} FAULT ${fault.kind} (${fault.moment}) at ${label}`)
    return new Promise((resolve, reject) => {
      const answer = (text: string, deliver: () => void): void => {
        scheduler.schedule(this, this.#latency(), `${label} ${text}`, deliver)
      }
      const isLost = fault?.kind === 'error' || fault?.kind === 'lateEffect'
      if (isLost) answer('breaks', () => reject(connectionLost(label)))
      if (fault?.kind === 'error') return
      if (fault?.moment === 'before') this.#world.happen(fault, this)
      if (isDead(this.state)) return
      const travel = fault?.kind === 'slow' || isLost ? scheduler.random.between(100, 4_000) : this.#latency()
      scheduler.schedule(undefined, travel, '', () => {
        const done = (text: string, deliver: () => void): void => {
          if (fault?.moment === 'done') this.#world.happen(fault, this)
          if (isLost) return
          if (fault?.kind === 'lostAnswer') answer('breaks', () => reject(connectionLost(label)))
          else answer(text, deliver)
        }
        effect({
          ok: result => done('answered', () => resolve(result)),
          fail: error =>
            done(`refused: ${error instanceof StreamError ? error.code : error}`, () => reject(error as Error)),
        })
      })
      if (fault?.moment === 'sent') this.#world.happen(fault, this)
    })
  }

  /** Waits by the clock of the process. */
  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.clock.after(ms, resolve))
  }

  #resume(): void {
    if (this.state !== 'paused') return
    this.state = 'running'
    const { scheduler } = this.#world
    scheduler.note(`${this.name} GOES ON`)
    for (const step of this.#held.splice(0)) scheduler.resume(step)
    this.#world.resumed(this)
  }

  #latency(): number {
    const { random } = this.#world.scheduler
    return random.chance(0.05) ? random.between(5, 60) : random.between(0, 4)
  }
}

/** The error of every call whose connection broke; the same work may succeed when it is done again. */
export function connectionLost(call: string): StreamError {
  return new StreamError(CONNECTION_LOST, `the simulated connection broke during ${call}.`, { retryable: true })
}

export const CONNECTION_LOST = 'SIMULATED_CONNECTION_LOST'

/** Asked anew, because a fault may have changed it since the compiler last saw it. */
function isDead(state: SimulatedProcess['state']): boolean {
  return state === 'dead'
}

/** When simulated runs begin, epoch ms. */
const START_MS = 1_600_000_000_000
