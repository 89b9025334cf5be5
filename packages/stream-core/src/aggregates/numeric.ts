import { ownCopy } from '../batch/own-copy.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Accumulator, Aggregate, Fail } from './aggregate.ts'

/** Number of records. */
export function count(): Aggregate<unknown, number> {
  return { kind: 'count', start: capacity => new Count(capacity) }
}

/** Sum of `of(record)`; NaN as soon as one is NaN. */
export function sum<T>(of: (value: T) => number): Aggregate<T, number> {
  const loop = ownCopy(sumLoop)
  return { kind: 'sum', start: capacity => new Sum(of, loop, capacity) }
}

/** Arithmetic mean of `of(record)`. */
export function mean<T>(of: (value: T) => number): Aggregate<T, number> {
  const loop = ownCopy(meanLoop)
  return { kind: 'mean', start: capacity => new Mean(of, loop, capacity) }
}

/** Smallest `of(record)`; NaN as soon as one is NaN, as Math.min. */
export function min<T>(of: (value: T) => number): Aggregate<T, number> {
  const loop = ownCopy(minLoop)
  return { kind: 'min', start: capacity => new Extreme(of, loop, Math.min, Number.POSITIVE_INFINITY, capacity) }
}

/** Largest `of(record)`; NaN as soon as one is NaN, as Math.max. */
export function max<T>(of: (value: T) => number): Aggregate<T, number> {
  const loop = ownCopy(maxLoop)
  return { kind: 'max', start: capacity => new Extreme(of, loop, Math.max, Number.NEGATIVE_INFINITY, capacity) }
}

class Count implements Accumulator<unknown, number> {
  #counts: Float64Array

  constructor(capacity: number) {
    this.#counts = new Float64Array(capacity)
  }

  grow(capacity: number): void {
    this.#counts = grownColumn(this.#counts, capacity, 0)
  }

  reset(slot: number): void {
    this.#counts[slot] = 0
  }

  add(slots: Int32Array, _values: readonly unknown[], _times: Float64Array, from: number, to: number): void {
    const counts = this.#counts
    for (let i = from; i < to; i++) counts[slots[i]!]!++
  }

  merge(into: number, from: number): void {
    this.#counts[into]! += this.#counts[from]!
  }

  result(slot: number): number {
    return this.#counts[slot]!
  }

  write(slot: number, state: StateWriter): void {
    state.uint(this.#counts[slot]!)
  }

  read(slot: number, state: StateReader): void {
    this.#counts[slot] = state.uint()
  }
}

class Sum<T> implements Accumulator<T, number> {
  readonly #of: (value: T) => number
  readonly #loop: typeof sumLoop
  #sums: Float64Array

  constructor(of: (value: T) => number, loop: typeof sumLoop, capacity: number) {
    this.#of = of
    this.#loop = loop
    this.#sums = new Float64Array(capacity)
  }

  grow(capacity: number): void {
    this.#sums = grownColumn(this.#sums, capacity, 0)
  }

  reset(slot: number): void {
    this.#sums[slot] = 0
  }

  add(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    this.#loop(this.#of, this.#sums, slots, values, from, to, fail)
  }

  merge(into: number, from: number): void {
    this.#sums[into]! += this.#sums[from]!
  }

  result(slot: number): number {
    return this.#sums[slot]!
  }

  write(slot: number, state: StateWriter): void {
    state.float64(this.#sums[slot]!)
  }

  read(slot: number, state: StateReader): void {
    this.#sums[slot] = state.float64()
  }
}

class Mean<T> implements Accumulator<T, number> {
  readonly #of: (value: T) => number
  readonly #loop: typeof meanLoop
  #sums: Float64Array
  #counts: Float64Array

  constructor(of: (value: T) => number, loop: typeof meanLoop, capacity: number) {
    this.#of = of
    this.#loop = loop
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
    this.#loop(this.#of, this.#sums, this.#counts, slots, values, from, to, fail)
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

class Extreme<T> implements Accumulator<T, number> {
  readonly #of: (value: T) => number
  readonly #loop: typeof minLoop
  readonly #better: (a: number, b: number) => number
  readonly #empty: number
  #extremes: Float64Array

  constructor(
    of: (value: T) => number,
    loop: typeof minLoop,
    better: (a: number, b: number) => number,
    empty: number,
    capacity: number,
  ) {
    this.#of = of
    this.#loop = loop
    this.#better = better
    this.#empty = empty
    this.#extremes = new Float64Array(capacity).fill(empty)
  }

  grow(capacity: number): void {
    this.#extremes = grownColumn(this.#extremes, capacity, this.#empty)
  }

  reset(slot: number): void {
    this.#extremes[slot] = this.#empty
  }

  add(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    this.#loop(this.#of, this.#extremes, slots, values, from, to, fail)
  }

  merge(into: number, from: number): void {
    this.#extremes[into] = this.#better(this.#extremes[into]!, this.#extremes[from]!)
  }

  result(slot: number): number {
    return this.#extremes[slot]!
  }

  write(slot: number, state: StateWriter): void {
    state.float64(this.#extremes[slot]!)
  }

  read(slot: number, state: StateReader): void {
    this.#extremes[slot] = state.float64()
  }
}

/** A larger column with the same content; what is new is `empty`. */
export function grownColumn(column: Float64Array, capacity: number, empty: number): Float64Array {
  const larger = new Float64Array(capacity)
  larger.set(column)
  if (empty !== 0) larger.fill(empty, column.length)
  return larger
}

function sumLoop<T>(
  of: (value: T) => number,
  sums: Float64Array,
  slots: Int32Array,
  values: readonly T[],
  from: number,
  to: number,
  fail: Fail,
): void {
  let i = from
  try {
    for (; i < to; i++) sums[slots[i]!]! += of(values[i]!)
  } catch (cause) {
    fail(cause, i)
  }
}

function meanLoop<T>(
  of: (value: T) => number,
  sums: Float64Array,
  counts: Float64Array,
  slots: Int32Array,
  values: readonly T[],
  from: number,
  to: number,
  fail: Fail,
): void {
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

function minLoop<T>(
  of: (value: T) => number,
  column: Float64Array,
  slots: Int32Array,
  values: readonly T[],
  from: number,
  to: number,
  fail: Fail,
): void {
  let i = from
  try {
    for (; i < to; i++) {
      const slot = slots[i]!
      column[slot] = Math.min(column[slot]!, of(values[i]!))
    }
  } catch (cause) {
    fail(cause, i)
  }
}

function maxLoop<T>(
  of: (value: T) => number,
  column: Float64Array,
  slots: Int32Array,
  values: readonly T[],
  from: number,
  to: number,
  fail: Fail,
): void {
  let i = from
  try {
    for (; i < to; i++) {
      const slot = slots[i]!
      column[slot] = Math.max(column[slot]!, of(values[i]!))
    }
  } catch (cause) {
    fail(cause, i)
  }
}
