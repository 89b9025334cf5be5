import { StreamError } from '@rtp/stream-core/extend'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Reply } from './simulated-process.ts'

/** A record of the input. */
export interface SimulatedRecord<T = unknown> {
  readonly value: T
  /** The time that the log keeps with it, epoch ms. */
  readonly time?: number
}

export type Fetched = { readonly from: number; readonly records: readonly SimulatedRecord[] } | 'end'

/** One partition of a topic: a log that grows, and may lose its beginning or its end. */
export class SimulatedLog {
  readonly #name: string
  readonly #records: readonly SimulatedRecord[]
  /** When each record is there; grows with the offset. */
  readonly #writtenAt: readonly number[]
  readonly #scheduler: Scheduler
  #first = 0
  #end: number

  constructor(
    name: string,
    records: readonly SimulatedRecord[],
    isGrowing: boolean,
    scheduler: Scheduler,
    random: Random,
  ) {
    this.#name = name
    this.#records = records
    this.#scheduler = scheduler
    this.#end = records.length
    let at = 0
    this.#writtenAt = records.map(() => {
      if (isGrowing) at += random.chance(0.2) ? random.between(0, 200) : 0
      return at
    })
  }

  get size(): number {
    return this.#records.length
  }

  /** Retention: records before the offset are gone. */
  removeBefore(offset: number): void {
    this.#first = Math.max(this.#first, offset)
    this.#end = Math.max(this.#first, this.#end)
    this.#scheduler.note(`log: ${this.#name} begins at ${this.#first}`)
  }

  /** An unclean election: records from the offset on are gone, and none follow. */
  truncate(offset: number): void {
    this.#end = Math.max(this.#first, Math.min(this.#end, offset))
    this.#scheduler.note(`log: ${this.#name} is cut off at ${this.#end}`)
  }

  checkRange(position: number): void {
    if (position >= this.#first && position <= this.#end) return
    throw new StreamError(
      POSITION_LOST,
      `${this.#name} holds offsets ${this.#first} to ${this.#end}, not ${position}: records are lost.`,
    )
  }

  /** Answers with some records at the position as soon as there are any, or with the end. */
  fetch(position: number, most: number, reply: Reply<Fetched>): void {
    try {
      this.checkRange(position)
    } catch (error) {
      reply.fail(error)
      return
    }
    // A log that was cut off is not at its end: more may be written, but is not in this world.
    if (position === this.#records.length) {
      reply.ok('end')
      return
    }
    const { time } = this.#scheduler
    let to = position
    while (to < this.#end && to - position < most && this.#writtenAt[to]! <= time) to++
    if (to > position) reply.ok({ from: position, records: this.#records.slice(position, to) })
    else if (position < this.#end) {
      this.#scheduler.schedule(undefined, this.#writtenAt[position]! - time, '', () =>
        this.fetch(position, most, reply),
      )
    } else reply.fail(new StreamError(POSITION_LOST, `${this.#name} was cut off at ${this.#end}: records are lost.`))
  }
}

/** The code with which a job must stop that was to read what the log has lost. */
export const POSITION_LOST = 'SIMULATED_POSITION_LOST'
