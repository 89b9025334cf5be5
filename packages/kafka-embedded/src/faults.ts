import { type ApiName, type ErrorName, errorCodes } from '@rtp/kafka-protocol'

/** A fault that was ordered: how often it has struck, and the way to call it off. */
export interface Fault {
  readonly strikes: number
  cancel(): void
}

export interface DropOptions {
  /** Which of the coming requests of the API, counted from 1. Default 1. */
  readonly nth?: number
  /** `before-handling`: the broker never did it; `before-answer`: it is done, and the client does not learn of it. Default the first. */
  readonly when?: 'before-handling' | 'before-answer'
}

export interface FailOptions {
  /** How many of the coming requests fail. Default 1. */
  readonly times?: number
}

export interface DelayOptions {
  /** How many of the coming requests are delayed. Default all, until the fault is cancelled. */
  readonly times?: number
}

/** What a test can do to the broker, to see how a client bears it. */
export interface Faults {
  /** Ends every connection now and returns how many there were. New ones are accepted. */
  dropConnections(): number
  /** Ends the connection that sends the n-th request of an API from now on. */
  dropConnectionAt(api: ApiName, options?: DropOptions): Fault
  /** Holds requests of an API back before they are handled. */
  delay(api: ApiName, delayMs: number, options?: DelayOptions): Fault
  /** Answers the coming requests of an API with an error, without doing anything. */
  failNext(api: ApiName, error: ErrorName, options?: FailOptions): Fault
  /** Stops listening: connections that exist go on, new ones are refused. */
  refuseConnections(): Promise<void>
  /** Listens again, on the same port. */
  acceptConnections(): Promise<void>
  /** Handles no request until {@link resume}; connections stay open. */
  pause(): void
  resume(): void
  /** Cuts a partition's end off, down to the start of the batch that holds the offset, and returns the new end offset. */
  truncate(topic: string, partition: number, offset: number): number
  /** Deletes a topic; false when there is none of that name. */
  deleteTopic(topic: string): boolean
  /** Calls everything off that is still to come, and resumes. */
  clear(): void
}

interface PlannedFault {
  readonly api: ApiName
  readonly effect:
    | { readonly kind: 'drop'; readonly when: 'before-handling' | 'before-answer' }
    | { readonly kind: 'delay'; readonly delayMs: number }
    | { readonly kind: 'fail'; readonly errorCode: number }
  /** Requests that still pass unharmed before the fault strikes. */
  spare: number
  remaining: number
  strikes: number
}

/** What befalls one request. */
export interface Misfortune {
  readonly drop: 'before-handling' | 'before-answer' | undefined
  readonly delayMs: number
  readonly errorCode: number
}

const none: Misfortune = { drop: undefined, delayMs: 0, errorCode: 0 }

/** Keeps the faults that are planned, and says for each request what befalls it. */
export class FaultPlan {
  #planned: PlannedFault[] = []
  #whenResumed: Promise<void> | undefined
  #resume: (() => void) | undefined

  /** Set while the broker is paused. */
  get whenResumed(): Promise<void> | undefined {
    return this.#whenResumed
  }

  dropConnectionAt(api: ApiName, { nth = 1, when = 'before-handling' }: DropOptions = {}): Fault {
    return this.#add({ api, effect: { kind: 'drop', when }, spare: nth - 1, remaining: 1, strikes: 0 })
  }

  delay(api: ApiName, delayMs: number, { times = Number.POSITIVE_INFINITY }: DelayOptions = {}): Fault {
    return this.#add({ api, effect: { kind: 'delay', delayMs }, spare: 0, remaining: times, strikes: 0 })
  }

  failNext(api: ApiName, error: ErrorName, { times = 1 }: FailOptions = {}): Fault {
    const effect = { kind: 'fail', errorCode: errorCodes[error] } as const
    return this.#add({ api, effect, spare: 0, remaining: times, strikes: 0 })
  }

  pause(): void {
    this.#whenResumed ??= new Promise(resolve => {
      this.#resume = resolve
    })
  }

  resume(): void {
    this.#resume?.()
    this.#whenResumed = undefined
    this.#resume = undefined
  }

  clear(): void {
    this.#planned = []
    this.resume()
  }

  /** Called once per request, in the order of arrival. */
  next(api: ApiName): Misfortune {
    if (this.#planned.length === 0) return none
    let misfortune = none
    for (const fault of this.#planned) {
      if (fault.api !== api) continue
      if (fault.spare > 0) {
        fault.spare -= 1
        continue
      }
      fault.remaining -= 1
      fault.strikes += 1
      misfortune = add(misfortune, fault)
    }
    this.#planned = this.#planned.filter(({ remaining }) => remaining > 0)
    return misfortune
  }

  #add(fault: PlannedFault): Fault {
    this.#planned.push(fault)
    return {
      get strikes() {
        return fault.strikes
      },
      cancel: () => {
        this.#planned = this.#planned.filter(one => one !== fault)
      },
    }
  }
}

function add(misfortune: Misfortune, { effect }: PlannedFault): Misfortune {
  if (effect.kind === 'drop') return { ...misfortune, drop: effect.when }
  if (effect.kind === 'delay') return { ...misfortune, delayMs: misfortune.delayMs + effect.delayMs }
  return { ...misfortune, errorCode: effect.errorCode }
}
