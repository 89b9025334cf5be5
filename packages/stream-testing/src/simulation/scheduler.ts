import type { Random } from './random.ts'

/** Whom a step happens to: nothing happens to one that is dead, and to one that is paused it happens later. */
export interface StepOwner {
  readonly name: string
  readonly state: 'running' | 'paused' | 'dead'
  /** Keeps a step for when the owner goes on. */
  hold(step: Step): void
}

export interface Step {
  at: number
  /** Steps of one millisecond happen in an order that the seed decides. */
  readonly order: number
  readonly owner: StepOwner | undefined
  readonly label: string
  readonly run: () => void
  isCalledOff: boolean
}

/**
 * Everything that happens in a simulated world, one step at a time. Between two steps, all promises that can settle do; nothing else runs, so
 * the order of steps, and with it the whole run, is what the random numbers make it.
 */
export class Scheduler {
  readonly random: Random
  /** What happened, a line each. */
  readonly trace: string[] = []
  time = 0
  steps = 0
  readonly #pending: Step[] = []

  constructor(random: Random) {
    this.random = random
  }

  /** Lets something happen after a time, ms; the result calls it off. */
  schedule(owner: StepOwner | undefined, delayMs: number, label: string, run: () => void): () => void {
    const step: Step = {
      at: this.time + Math.max(0, delayMs),
      order: this.random.next(),
      owner,
      label,
      run,
      isCalledOff: false,
    }
    this.#pending.push(step)
    return () => {
      step.isCalledOff = true
    }
  }

  /** Lets what was held happen now. */
  resume(step: Step): void {
    step.at = this.time
    this.#pending.push(step)
  }

  note(text: string): void {
    this.trace.push(`${String(Math.round(this.time)).padStart(7)} ms  ${text}`)
  }

  /** Goes on until `isOver`, or until there is nothing to do, or the limit is reached; says which. */
  async run(isOver: () => boolean, mostSteps: number): Promise<'over' | 'idle' | 'limit'> {
    await allSettled()
    while (!isOver()) {
      const step = this.#take()
      if (step === undefined) return 'idle'
      if (step.isCalledOff || step.owner?.state === 'dead') continue
      this.time = Math.max(this.time, step.at)
      if (step.owner?.state === 'paused') {
        step.owner.hold(step)
        continue
      }
      if (++this.steps > mostSteps) return 'limit'
      if (step.label !== '') this.note(step.owner === undefined ? step.label : `${step.owner.name} ${step.label}`)
      step.run()
      await allSettled()
    }
    return 'over'
  }

  #take(): Step | undefined {
    let first = 0
    for (let i = 1; i < this.#pending.length; i++) if (isBefore(this.#pending[i]!, this.#pending[first]!)) first = i
    const step = this.#pending[first]
    const last = this.#pending.pop()
    if (step !== undefined && step !== last) this.#pending[first] = last!
    return step
  }
}

function isBefore(a: Step, b: Step): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Until no promise has anything left to do: they all come before the platform's next turn. */
function allSettled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
