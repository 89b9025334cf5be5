import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Fail } from './aggregate.ts'
import { grownColumn } from './column-accumulator.ts'
import type { RetractableAccumulator } from './retractable.ts'

/**
 * Sums that records can be taken back from. Rounding must not stay behind when they are gone, so the error of each addition is carried along
 * (Neumaier, ZAMM 54, 1974); and numbers that no subtraction brings back, NaN and the infinities, are counted instead of added. A slot whose
 * records are all gone is 0 exactly.
 */
export abstract class ExactSum<T> implements RetractableAccumulator<T, number> {
  readonly #of: (value: T) => number
  #sums: Float64Array
  #errors: Float64Array
  protected counts: Float64Array
  /** Slots with numbers that are not finite: how many of each. */
  readonly #special = new Map<number, Specials>()

  constructor(of: (value: T) => number, capacity: number) {
    this.#of = of
    this.#sums = new Float64Array(capacity)
    this.#errors = new Float64Array(capacity)
    this.counts = new Float64Array(capacity)
  }

  abstract result(slot: number): number

  grow(capacity: number): void {
    this.#sums = grownColumn(this.#sums, capacity, 0)
    this.#errors = grownColumn(this.#errors, capacity, 0)
    this.counts = grownColumn(this.counts, capacity, 0)
  }

  reset(slot: number): void {
    this.#sums[slot] = this.#errors[slot] = this.counts[slot] = 0
    this.#special.delete(slot)
  }

  add(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    this.#each(slots, values, from, to, 1, fail)
  }

  retract(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    this.#each(slots, values, from, to, -1, fail)
  }

  merge(into: number, from: number): void {
    this.counts[into]! += this.counts[from]!
    this.#plus(into, this.#sums[from]!)
    this.#errors[into]! += this.#errors[from]!
    const more = this.#special.get(from)
    if (more === undefined) return
    const specials = this.#specialsOf(into)
    specials.nan += more.nan
    specials.positive += more.positive
    specials.negative += more.negative
  }

  write(slot: number, state: StateWriter): void {
    const { nan, positive, negative } = this.#special.get(slot) ?? NONE
    state.float64(this.#sums[slot]!).float64(this.#errors[slot]!).uint(this.counts[slot]!)
    state.uint(nan).uint(positive).uint(negative)
  }

  read(slot: number, state: StateReader): void {
    this.#sums[slot] = state.float64()
    this.#errors[slot] = state.float64()
    this.counts[slot] = state.uint()
    const specials = { nan: state.uint(), positive: state.uint(), negative: state.uint() }
    if (specials.nan + specials.positive + specials.negative > 0) this.#special.set(slot, specials)
    else this.#special.delete(slot)
  }

  protected sum(slot: number): number {
    const specials = this.#special.get(slot)
    if (specials === undefined) return this.#finite(slot)
    const { nan, positive, negative } = specials
    if (nan > 0 || (positive > 0 && negative > 0)) return Number.NaN
    if (positive > 0) return Number.POSITIVE_INFINITY
    return negative > 0 ? Number.NEGATIVE_INFINITY : this.#finite(slot)
  }

  /** A sum beyond what a number can hold is infinite, and has no error that could be told. */
  #finite(slot: number): number {
    const sum = this.#sums[slot]!
    return Number.isFinite(sum) ? sum + this.#errors[slot]! : sum
  }

  #each(slots: Int32Array, values: readonly T[], from: number, to: number, sign: 1 | -1, fail: Fail): void {
    let i = from
    try {
      for (; i < to; i++) {
        const slot = slots[i]!
        const x = this.#of(values[i]!)
        this.counts[slot]! += sign
        if (Number.isFinite(x)) this.#plus(slot, sign * x)
        else this.#count(slot, x, sign)
        if (this.counts[slot] === 0) this.reset(slot)
      }
    } catch (cause) {
      fail(cause, i)
    }
  }

  #plus(slot: number, x: number): void {
    const before = this.#sums[slot]!
    const after = before + x
    this.#errors[slot]! += Math.abs(before) >= Math.abs(x) ? before - after + x : x - after + before
    this.#sums[slot] = after
  }

  #count(slot: number, x: number, sign: 1 | -1): void {
    const specials = this.#specialsOf(slot)
    if (Number.isNaN(x)) specials.nan = Math.max(0, specials.nan + sign)
    else if (x > 0) specials.positive = Math.max(0, specials.positive + sign)
    else specials.negative = Math.max(0, specials.negative + sign)
  }

  #specialsOf(slot: number): Specials {
    let specials = this.#special.get(slot)
    if (specials === undefined) {
      specials = { nan: 0, positive: 0, negative: 0 }
      this.#special.set(slot, specials)
    }
    return specials
  }
}

interface Specials {
  nan: number
  positive: number
  negative: number
}

const NONE: Readonly<Specials> = { nan: 0, positive: 0, negative: 0 }

export class RetractableSum<T> extends ExactSum<T> {
  override result(slot: number): number {
    return this.sum(slot)
  }
}

export class RetractableMean<T> extends ExactSum<T> {
  override result(slot: number): number {
    return this.sum(slot) / this.counts[slot]!
  }
}
