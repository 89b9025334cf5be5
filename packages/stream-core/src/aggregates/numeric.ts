import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Accumulator, Fail } from './aggregate.ts'
import { ColumnAccumulator, grownColumn } from './column-accumulator.ts'
import { CountedExtreme } from './counted-values.ts'
import { RetractableMean, RetractableSum } from './exact-sum.ts'
import type { RetractableAccumulator, RetractableAggregate } from './retractable.ts'

/** Number of records. */
export function count(): RetractableAggregate<unknown, number> {
  const start = (capacity: number) => new Count(capacity, 0)
  return { kind: 'count', start, startRetractable: start }
}

/** Sum of `of(record)`; NaN as soon as one is NaN. */
export function sum<T>(of: (value: T) => number): RetractableAggregate<T, number> {
  return {
    kind: 'sum',
    start: capacity => new Sum(of, capacity),
    startRetractable: capacity => new RetractableSum(of, capacity),
  }
}

/** Arithmetic mean of `of(record)`. */
export function mean<T>(of: (value: T) => number): RetractableAggregate<T, number> {
  return {
    kind: 'mean',
    start: capacity => new Mean(of, capacity),
    startRetractable: capacity => new RetractableMean(of, capacity),
  }
}

/** Smallest `of(record)`; NaN as soon as one is NaN, as Math.min. Over changes it keeps every different number. */
export function min<T>(of: (value: T) => number): RetractableAggregate<T, number> {
  return {
    kind: 'min',
    start: capacity => new Min(of, capacity),
    startRetractable: () => new CountedExtreme(of, 1),
  }
}

/** Largest `of(record)`; NaN as soon as one is NaN, as Math.max. Over changes it keeps every different number. */
export function max<T>(of: (value: T) => number): RetractableAggregate<T, number> {
  return {
    kind: 'max',
    start: capacity => new Max(of, capacity),
    startRetractable: () => new CountedExtreme(of, -1),
  }
}

class Count extends ColumnAccumulator<unknown> implements RetractableAccumulator<unknown, number> {
  override add(slots: Int32Array, _values: readonly unknown[], _times: Float64Array, from: number, to: number): void {
    const counts = this.column
    for (let i = from; i < to; i++) counts[slots[i]!]!++
  }

  retract(slots: Int32Array, _values: readonly unknown[], _times: Float64Array, from: number, to: number): void {
    const counts = this.column
    for (let i = from; i < to; i++) counts[slots[i]!]!--
  }

  override merge(into: number, from: number): void {
    this.column[into]! += this.column[from]!
  }
}

class Sum<T> extends ColumnAccumulator<T> {
  readonly #of: (value: T) => number

  constructor(of: (value: T) => number, capacity: number) {
    super(capacity, 0)
    this.#of = of
  }

  override add(
    slots: Int32Array,
    values: readonly T[],
    _times: Float64Array,
    from: number,
    to: number,
    fail: Fail,
  ): void {
    const sums = this.column
    const of = this.#of
    let i = from
    try {
      for (; i < to; i++) sums[slots[i]!]! += of(values[i]!)
    } catch (cause) {
      fail(cause, i)
    }
  }

  override merge(into: number, from: number): void {
    this.column[into]! += this.column[from]!
  }
}

class Min<T> extends ColumnAccumulator<T> {
  readonly #of: (value: T) => number

  constructor(of: (value: T) => number, capacity: number) {
    super(capacity, Number.POSITIVE_INFINITY)
    this.#of = of
  }

  override add(
    slots: Int32Array,
    values: readonly T[],
    _times: Float64Array,
    from: number,
    to: number,
    fail: Fail,
  ): void {
    const smallest = this.column
    const of = this.#of
    let i = from
    try {
      for (; i < to; i++) {
        const slot = slots[i]!
        smallest[slot] = Math.min(smallest[slot]!, of(values[i]!))
      }
    } catch (cause) {
      fail(cause, i)
    }
  }

  override merge(into: number, from: number): void {
    this.column[into] = Math.min(this.column[into]!, this.column[from]!)
  }
}

class Max<T> extends ColumnAccumulator<T> {
  readonly #of: (value: T) => number

  constructor(of: (value: T) => number, capacity: number) {
    super(capacity, Number.NEGATIVE_INFINITY)
    this.#of = of
  }

  override add(
    slots: Int32Array,
    values: readonly T[],
    _times: Float64Array,
    from: number,
    to: number,
    fail: Fail,
  ): void {
    const largest = this.column
    const of = this.#of
    let i = from
    try {
      for (; i < to; i++) {
        const slot = slots[i]!
        largest[slot] = Math.max(largest[slot]!, of(values[i]!))
      }
    } catch (cause) {
      fail(cause, i)
    }
  }

  override merge(into: number, from: number): void {
    this.column[into] = Math.max(this.column[into]!, this.column[from]!)
  }
}

class Mean<T> implements Accumulator<T, number> {
  readonly #of: (value: T) => number
  #sums: Float64Array
  #counts: Float64Array

  constructor(of: (value: T) => number, capacity: number) {
    this.#of = of
    this.#sums = new Float64Array(capacity)
    this.#counts = new Float64Array(capacity)
  }

  grow(capacity: number): void {
    this.#sums = grownColumn(this.#sums, capacity, 0)
    this.#counts = grownColumn(this.#counts, capacity, 0)
  }

  reset(slot: number): void {
    this.#sums[slot] = 0
    this.#counts[slot] = 0
  }

  add(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    const sums = this.#sums
    const counts = this.#counts
    const of = this.#of
    let i = from
    try {
      for (; i < to; i++) {
        const slot = slots[i]!
        sums[slot]! += of(values[i]!)
        counts[slot]!++
      }
    } catch (cause) {
      fail(cause, i)
    }
  }

  merge(into: number, from: number): void {
    this.#sums[into]! += this.#sums[from]!
    this.#counts[into]! += this.#counts[from]!
  }

  result(slot: number): number {
    return this.#sums[slot]! / this.#counts[slot]!
  }

  write(slot: number, state: StateWriter): void {
    state.float64(this.#sums[slot]!).uint(this.#counts[slot]!)
  }

  read(slot: number, state: StateReader): void {
    this.#sums[slot] = state.float64()
    this.#counts[slot] = state.uint()
  }
}
