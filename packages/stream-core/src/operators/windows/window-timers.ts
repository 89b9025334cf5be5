import { TimerQueue } from '../../time/timer-queue.ts'
import type { WindowEntry } from './window-entry.ts'

/** A timer of one window. It stays in the queue when it is deleted, and is passed over when its time comes. */
export interface WindowTimer {
  readonly time: number
  /** Its place among all timers, in order of registration. */
  readonly order: number
  readonly entry: WindowEntry
  /** True when the trigger set it; else it is there to forget the window. */
  isOfTrigger: boolean
  isDeleted: boolean
}

/** The timers of all windows on one clock, in order of time and of registration among equals. A window has at most one for a time. */
export class WindowTimers {
  #queue = new TimerQueue<WindowTimer>()
  readonly #timersOf: (entry: WindowEntry) => WindowTimer[]
  #registered = 0
  #deleted = 0

  /** `timersOf` tells where a window keeps its timers of this clock. */
  constructor(timersOf: (entry: WindowEntry) => WindowTimer[]) {
    this.#timersOf = timersOf
  }

  /** Time of the first timer, which may be a deleted one; +Infinity when there is none. */
  get nextTime(): number {
    return this.#queue.nextTime
  }

  set(entry: WindowEntry, time: number, isOfTrigger: boolean): void {
    const timers = this.#timersOf(entry)
    const present = timers.find(timer => timer.time === time)
    if (present === undefined)
      this.#add(timers, { time, order: this.#registered++, entry, isOfTrigger, isDeleted: false })
    else present.isOfTrigger ||= isOfTrigger
  }

  /** Deletes the trigger's timer; one that forgets the window at that time stays. */
  delete(entry: WindowEntry, time: number, forgets: boolean): void {
    const timers = this.#timersOf(entry)
    const at = timers.findIndex(timer => timer.time === time)
    if (at < 0) return
    if (forgets) timers[at]!.isOfTrigger = false
    else this.#remove(timers, at)
  }

  /** The window is gone. */
  deleteAll(entry: WindowEntry): void {
    const timers = this.#timersOf(entry)
    while (timers.length > 0) this.#remove(timers, timers.length - 1)
  }

  /** Takes the first timer at or before `time`; undefined when there is none. */
  take(time: number): WindowTimer | undefined {
    while (this.#queue.size > 0 && this.#queue.nextTime <= time) {
      const timer = this.#queue.take()
      if (timer.isDeleted) {
        this.#deleted--
        continue
      }
      const timers = this.#timersOf(timer.entry)
      timers.splice(timers.indexOf(timer), 1)
      return timer
    }
    return undefined
  }

  /** Puts back a timer from a snapshot; `refill` makes it ring. */
  restore(entry: WindowEntry, time: number, order: number, isOfTrigger: boolean): void {
    this.#timersOf(entry).push({ time, order, entry, isOfTrigger, isDeleted: false })
    this.#registered = Math.max(this.#registered, order + 1)
  }

  /** Makes the queue anew from what the windows keep. */
  refill(entries: Iterable<WindowEntry>): void {
    const timers: WindowTimer[] = []
    for (const entry of entries) timers.push(...this.#timersOf(entry))
    timers.sort((a, b) => a.order - b.order)
    this.#queue = new TimerQueue()
    this.#deleted = 0
    for (const timer of timers) this.#queue.add(timer.time, timer)
  }

  #add(timers: WindowTimer[], timer: WindowTimer): void {
    timers.push(timer)
    this.#queue.add(timer.time, timer)
  }

  #remove(timers: WindowTimer[], at: number): void {
    timers[at]!.isDeleted = true
    timers.splice(at, 1)
    this.#deleted++
    if (this.#deleted > MOST_DELETED && this.#deleted * 2 > this.#queue.size) this.#sweep()
  }

  /** Sessions that grow move their timers with every record: the old ones must not become more than the live ones. */
  #sweep(): void {
    const live = new TimerQueue<WindowTimer>()
    while (this.#queue.size > 0) {
      const timer = this.#queue.take()
      if (!timer.isDeleted) live.add(timer.time, timer)
    }
    this.#queue = live
    this.#deleted = 0
  }
}

/** Below this many deleted timers in the queue it is not worth making it anew. */
const MOST_DELETED = 1024
