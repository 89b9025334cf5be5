import type { Origin } from '../batch/batch.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'

/**
 * Stream time as in Kafka Streams: the highest event time of the records so far, in whole milliseconds. It never goes back.
 *
 * A task of Kafka Streams reads one partition. Where a task reads several, each has its own stream time and the lowest counts, so that a partition
 * that is read ahead of the others makes none of their records late. The watermark moves stream time on, too: to `watermark + 1`, which is where
 * ascending times stand; by this, partitions that are idle hold nobody, and the end of the input is the end of stream time. Behind an operator that
 * mixes partitions (`origin` is undefined) the watermark alone counts.
 */
export class StreamTime {
  readonly #origins: readonly Origin[]
  readonly #names: readonly string[]
  /** Highest time of each partition. */
  readonly #highest: Float64Array
  #now = Number.NEGATIVE_INFINITY
  #lastOrigin: Origin | undefined
  /** The partition at hand; -1 where it is unknown which of several. */
  #input = 0
  /** The lowest of the other partitions, which stand still meanwhile. */
  #others = Number.POSITIVE_INFINITY

  constructor(origins: readonly Origin[]) {
    this.#origins = origins
    this.#names = origins.map(nameOf)
    this.#highest = new Float64Array(Math.max(1, origins.length)).fill(Number.NEGATIVE_INFINITY)
  }

  /** Epoch ms; -Infinity before any record. */
  get now(): number {
    return this.#now
  }

  /** Says where the next records come from. */
  from(origin: Origin | undefined): void {
    if (this.#origins.length < 2) return
    if (origin !== this.#lastOrigin || origin === undefined) {
      this.#lastOrigin = origin
      this.#input = origin === undefined ? -1 : this.#names.indexOf(nameOf(origin))
    }
    this.#others = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#highest.length; i++) {
      if (i !== this.#input && this.#highest[i]! < this.#others) this.#others = this.#highest[i]!
    }
  }

  /** A record of this time came. */
  observe(time: number): void {
    if (this.#input < 0) return
    if (time > this.#highest[this.#input]!) this.#highest[this.#input] = time
    const lowest = Math.min(this.#highest[this.#input]!, this.#others)
    if (lowest > this.#now) this.#now = lowest
  }

  /** The watermark is at `watermark`: no record at or before it is expected. */
  follow(watermark: number): void {
    const time = Math.floor(watermark) + 1
    if (time > this.#now) this.#now = time
  }

  write(state: StateWriter): void {
    state.float64(this.#now).uint(this.#names.length)
    for (const [i, name] of this.#names.entries()) state.text(name).float64(this.#highest[i]!)
    if (this.#names.length === 0) state.float64(this.#highest[0]!)
  }

  read(state: StateReader): void {
    this.#now = state.float64()
    const partitions = state.uint()
    for (let left = partitions; left > 0; left--) {
      const input = this.#names.indexOf(state.text())
      const highest = state.float64()
      // A partition that is gone is left out; one that is new starts like any other.
      if (input >= 0) this.#highest[input] = highest
    }
    if (partitions === 0) this.#highest[0] = state.float64()
  }
}

function nameOf(origin: Origin): string {
  return `${origin.source}/${origin.index}`
}
