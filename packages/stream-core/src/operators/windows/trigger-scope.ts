import { StreamError } from '../../errors.ts'
import type { Trigger, TriggerContext } from '../../windows/triggers/trigger.ts'
import type { TimeDomain, TimeWindow } from '../../windows/window-assigner.ts'
import type { WindowClock } from './window-clock.ts'
import type { WindowEntry } from './window-entry.ts'
import type { WindowTimers } from './window-timers.ts'

type Uses = Pick<Trigger, 'usesEventTime' | 'usesProcessingTime'>

/** What a trigger reaches of the operator: one object for all windows, turned to one at a time. */
export class TriggerScope implements TriggerContext {
  readonly #eventTimers: WindowTimers
  readonly #processingTimers: WindowTimers
  readonly #uses: Uses
  readonly #clock: WindowClock
  readonly #parts: TriggerPart[] = []
  #entry: WindowEntry | undefined

  constructor(uses: Uses, clock: WindowClock, eventTimers: WindowTimers, processingTimers: WindowTimers) {
    this.#uses = uses
    this.#clock = clock
    this.#eventTimers = eventTimers
    this.#processingTimers = processingTimers
  }

  /** Turns to a window for one call of the trigger. */
  at(entry: WindowEntry): this {
    this.#entry = entry
    return this
  }

  get watermark(): number {
    return this.#clock.reached
  }

  get processingTime(): number {
    return this.#clock.now
  }

  get window(): TimeWindow {
    return this.#entry!.window
  }

  get clock(): TimeDomain {
    return this.#clock.byEventTime ? 'event' : 'processing'
  }

  get endsAt(): number {
    return this.#clock.endsAt(this.#entry!)
  }

  get isOver(): boolean {
    return this.#clock.isOver(this.#entry!)
  }

  get forgottenAt(): number {
    return this.#entry!.forgottenAt
  }

  get state(): unknown {
    return this.#entry!.triggerState
  }

  set state(state: unknown) {
    this.#entry!.triggerState = state
  }

  setTimer(time: number): void {
    checkTime(time)
    const timers = this.#clock.byEventTime ? this.#eventTimers : this.#processingTimers
    timers.set(this.#entry!, time, true)
  }

  setEventTimer(time: number): void {
    if (this.#uses.usesEventTime !== true) throw undeclared('usesEventTime', 'an event timer')
    checkTime(time)
    this.#eventTimers.set(this.#entry!, time, true)
  }

  deleteEventTimer(time: number): void {
    this.#eventTimers.delete(this.#entry!, time, this.#clock.byEventTime && time === this.#entry!.forgottenAt)
  }

  setProcessingTimer(time: number): void {
    if (this.#uses.usesProcessingTime !== true) throw undeclared('usesProcessingTime', 'a processing timer')
    checkTime(time)
    this.#processingTimers.set(this.#entry!, time, true)
  }

  deleteProcessingTimer(time: number): void {
    this.#processingTimers.delete(this.#entry!, time, !this.#clock.byEventTime && time === this.#entry!.forgottenAt)
  }

  part<P>(index: number): TriggerContext<P> {
    return (this.#parts[index] ??= new TriggerPart(this, index)) as TriggerContext<P>
  }
}

/** A part of a trigger made of others: the same window, and its own piece of the state, which is an array of the parts' states. */
class TriggerPart implements TriggerContext {
  readonly #whole: TriggerContext
  readonly #index: number
  readonly #parts: TriggerPart[] = []

  constructor(whole: TriggerContext, index: number) {
    this.#whole = whole
    this.#index = index
  }

  get window(): TimeWindow {
    return this.#whole.window
  }

  get clock(): TimeDomain {
    return this.#whole.clock
  }

  get endsAt(): number {
    return this.#whole.endsAt
  }

  get isOver(): boolean {
    return this.#whole.isOver
  }

  get forgottenAt(): number {
    return this.#whole.forgottenAt
  }

  get watermark(): number {
    return this.#whole.watermark
  }

  get processingTime(): number {
    return this.#whole.processingTime
  }

  get state(): unknown {
    return (this.#whole.state as readonly unknown[] | undefined)?.[this.#index]
  }

  set state(state: unknown) {
    const parts = [...((this.#whole.state as readonly unknown[] | undefined) ?? [])]
    while (parts.length <= this.#index) parts.push(undefined)
    parts[this.#index] = state
    this.#whole.state = parts.every(part => part === undefined) ? undefined : parts
  }

  setTimer(time: number): void {
    this.#whole.setTimer(time)
  }

  setEventTimer(time: number): void {
    this.#whole.setEventTimer(time)
  }

  deleteEventTimer(time: number): void {
    this.#whole.deleteEventTimer(time)
  }

  setProcessingTimer(time: number): void {
    this.#whole.setProcessingTimer(time)
  }

  deleteProcessingTimer(time: number): void {
    this.#whole.deleteProcessingTimer(time)
  }

  part<P>(index: number): TriggerContext<P> {
    return (this.#parts[index] ??= new TriggerPart(this, index)) as TriggerContext<P>
  }
}

function checkTime(time: number): void {
  if (!Number.isNaN(time)) return
  throw new StreamError('EVENT_TIME_INVALID', 'a trigger set a timer at NaN; a timer needs a time in epoch ms.')
}

function undeclared(flag: string, what: string): StreamError {
  return new StreamError(
    'WINDOW_INVALID',
    `a trigger set ${what} and does not say that it would: add ${flag}: true to it.`,
  )
}
