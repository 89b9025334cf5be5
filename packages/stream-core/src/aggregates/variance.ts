import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Accumulator, Aggregate, Fail } from './aggregate.ts'
import { grownColumn } from './column-accumulator.ts'

export interface VarianceOptions {
  /** Divide by n instead of n - 1. Default false: the sample variance, as SQL's VARIANCE. */
  readonly population?: boolean
}

/**
 * Variance of `of(record)`, without the cancellation of the sum-of-squares formula: Welford's update (Technometrics 4, 1962), merged as Chan,
 * Golub and LeVeque do. NaN for a sample of one.
 */
export function variance<T>(of: (value: T) => number, options: VarianceOptions = {}): Aggregate<T, number> {
  const freedom = options.population === true ? 0 : 1
  return { kind: 'variance', start: capacity => new Variance(of, freedom, capacity) }
}

class Variance<T> implements Accumulator<T, number> {
  readonly #of: (value: T) => number
  readonly #freedom: number
  #counts: Float64Array
  #means: Float64Array
  /** Sums of squared distances from the mean. */
  #squares: Float64Array

  constructor(of: (value: T) => number, freedom: number, capacity: number) {
    this.#of = of
    this.#freedom = freedom
    this.#counts = new Float64Array(capacity)
    this.#means = new Float64Array(capacity)
    this.#squares = new Float64Array(capacity)
  }

  grow(capacity: number): void {
    this.#counts = grownColumn(this.#counts, capacity, 0)
    this.#means = grownColumn(this.#means, capacity, 0)
    this.#squares = grownColumn(this.#squares, capacity, 0)
  }

  reset(slot: number): void {
    this.#counts[slot] = 0
    this.#means[slot] = 0
    this.#squares[slot] = 0
  }

  add(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    const counts = this.#counts
    const means = this.#means
    const squares = this.#squares
    const of = this.#of
    let i = from
    try {
      for (; i < to; i++) {
        const slot = slots[i]!
        const x = of(values[i]!)
        const n = ++counts[slot]!
        const distance = x - means[slot]!
        const mean = means[slot]! + distance / n
        means[slot] = mean
        squares[slot]! += distance * (x - mean)
      }
    } catch (cause) {
      fail(cause, i)
    }
  }

  merge(into: number, from: number): void {
    const a = this.#counts[into]!
    const b = this.#counts[from]!
    if (b === 0) return
    if (a === 0) {
      // The formula below would square a mean that need not be squared, and may overflow.
      this.#counts[into] = b
      this.#means[into] = this.#means[from]!
      this.#squares[into] = this.#squares[from]!
      return
    }
    const distance = this.#means[from]! - this.#means[into]!
    this.#counts[into] = a + b
    this.#means[into]! += (distance * b) / (a + b)
    this.#squares[into]! += this.#squares[from]! + (distance * distance * a * b) / (a + b)
  }

  result(slot: number): number {
    const divisor = this.#counts[slot]! - this.#freedom
    return divisor > 0 ? this.#squares[slot]! / divisor : Number.NaN
  }

  write(slot: number, state: StateWriter): void {
    state.uint(this.#counts[slot]!).float64(this.#means[slot]!).float64(this.#squares[slot]!)
  }

  read(slot: number, state: StateReader): void {
    this.#counts[slot] = state.uint()
    this.#means[slot] = state.float64()
    this.#squares[slot] = state.float64()
  }
}
