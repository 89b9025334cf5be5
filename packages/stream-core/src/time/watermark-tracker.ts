import type { Batch } from '../batch/batch.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'

/**
 * Combines the watermarks of several inputs: the minimum over those that count. Rules as in Flink's StatusWatermarkValve:
 *
 * - An idle input does not count, so going idle can itself release a watermark.
 * - When the last input goes idle, the highest watermark of all is released, then the output is idle too.
 * - An input that comes back behind the output neither takes the output back nor holds it, until it has caught up.
 */
export class WatermarkTracker {
  readonly #watermarks: Float64Array
  readonly #idle: Uint8Array
  /** 1 while the input counts for the minimum: it is active and not behind the output. */
  readonly #aligned: Uint8Array
  #output = Number.NEGATIVE_INFINITY

  constructor(inputs: number) {
    this.#watermarks = new Float64Array(inputs).fill(Number.NEGATIVE_INFINITY)
    this.#idle = new Uint8Array(inputs)
    this.#aligned = new Uint8Array(inputs).fill(1)
  }

  /** The combined watermark; never goes back. */
  get output(): number {
    return this.#output
  }

  /** True when every input is idle. */
  get idle(): boolean {
    return this.#idle.length > 0 && this.#idle.every(idle => idle === 1)
  }

  /** The input's own watermark. */
  watermarkOf(input: number): number {
    return this.#watermarks[input]!
  }

  isIdle(input: number): boolean {
    return this.#idle[input] === 1
  }

  /** The input that holds the combined watermark back: of those that count, the one that is least far. Undefined when all are idle or behind. */
  get slowest(): number | undefined {
    let slowest: number | undefined
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (this.#aligned[i] === 0) continue
      if (slowest === undefined || this.#watermarks[i]! < this.#watermarks[slowest]!) slowest = i
    }
    return slowest
  }

  /** The input's watermark is now `watermark`; returns the combined one. An input that was idle is active again. */
  advance(input: number, watermark: number): number {
    this.#idle[input] = 0
    if (watermark > this.#watermarks[input]!) this.#watermarks[input] = watermark
    this.#aligned[input] = this.#watermarks[input]! >= this.#output ? 1 : 0
    return this.#release()
  }

  /**
   * Turns the watermarks that an input's records carry (`watermarks[0..size)`) into combined ones, in place, and then advances to `after`.
   * The other inputs stand still meanwhile, so their minimum is taken once.
   */
  combine(input: number, watermarks: Float64Array, size: number, after: number): number {
    if (size > 0) {
      this.#idle[input] = 0
      const others = this.#minimumOfOthers(input)
      let output = this.#output
      for (let i = 0; i < size; i++) {
        const own = watermarks[i]!
        // Behind the output, the input does not count; else the smaller of it and the others is the new output.
        if (own > output && others > output) output = Math.min(own, others)
        watermarks[i] = output
      }
      this.#output = output
    }
    return this.advance(input, after)
  }

  /**
   * Gives a batch of one input the watermarks of all inputs, in place: those of its records, the one behind it, and whether all are idle. What an
   * operator with several inputs does with a batch first.
   */
  align(batch: Batch<unknown>, input: number): void {
    const { watermark, size } = batch
    if (size > 0 || !batch.idle) batch.watermark = this.combine(input, batch.watermarks, size, watermark)
    if (batch.idle) batch.watermark = this.markIdle(input, watermark)
    batch.idle = this.idle
  }

  /**
   * The input is idle from here on, behind `watermark`. To an input that was idle before it is no news: it must not count for a moment, and its
   * watermark is ignored until it is active again.
   */
  markIdle(input: number, watermark = Number.NEGATIVE_INFINITY): number {
    if (this.#idle[input] === 1) return this.#output
    this.advance(input, watermark)
    this.#idle[input] = 1
    this.#aligned[input] = 0
    if (this.idle) this.#output = this.#watermarks.reduce((highest, one) => Math.max(highest, one), this.#output)
    return this.#release()
  }

  /** Every input has ended. */
  end(): number {
    this.#watermarks.fill(Number.POSITIVE_INFINITY)
    this.#idle.fill(0)
    this.#aligned.fill(1)
    return this.#release()
  }

  write(state: StateWriter): void {
    state.uint(this.#watermarks.length).float64(this.#output)
    for (let i = 0; i < this.#watermarks.length; i++) state.float64(this.#watermarks[i]!).uint8(this.#idle[i]!)
  }

  read(state: StateReader): void {
    const inputs = state.uint()
    this.#output = state.float64()
    for (let i = 0; i < inputs; i++) {
      const watermark = state.float64()
      const idle = state.uint8()
      // A partition that is gone is left out; one that is new starts like any other, from the beginning of time.
      if (i >= this.#watermarks.length) continue
      this.#watermarks[i] = watermark
      this.#idle[i] = idle
      this.#aligned[i] = idle === 0 && watermark >= this.#output ? 1 : 0
    }
  }

  #release(): number {
    let minimum = Number.POSITIVE_INFINITY
    let counts = false
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (this.#aligned[i] === 0) continue
      counts = true
      if (this.#watermarks[i]! < minimum) minimum = this.#watermarks[i]!
    }
    if (counts && minimum > this.#output) this.#output = minimum
    return this.#output
  }

  #minimumOfOthers(input: number): number {
    let minimum = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (i !== input && this.#aligned[i] === 1 && this.#watermarks[i]! < minimum) minimum = this.#watermarks[i]!
    }
    return minimum
  }
}
