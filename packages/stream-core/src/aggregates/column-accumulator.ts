import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Accumulator, Fail } from './aggregate.ts'

/** An accumulator whose state is one number for each slot, and whose result is that number. */
export abstract class ColumnAccumulator<T> implements Accumulator<T, number> {
  protected column: Float64Array
  readonly #empty: number

  /** `empty` is what a slot holds before its first record. */
  constructor(capacity: number, empty: number) {
    this.#empty = empty
    this.column = new Float64Array(capacity).fill(empty)
  }

  abstract add(slots: Int32Array, values: readonly T[], times: Float64Array, from: number, to: number, fail: Fail): void

  abstract merge(into: number, from: number): void

  grow(capacity: number): void {
    this.column = grownColumn(this.column, capacity, this.#empty)
  }

  reset(slot: number): void {
    this.column[slot] = this.#empty
  }

  result(slot: number): number {
    return this.column[slot]!
  }

  write(slot: number, state: StateWriter): void {
    state.float64(this.column[slot]!)
  }

  read(slot: number, state: StateReader): void {
    this.column[slot] = state.float64()
  }
}

/** A larger column with the same content; what is new is `empty`. */
export function grownColumn(column: Float64Array, capacity: number, empty: number): Float64Array {
  const larger = new Float64Array(capacity).fill(empty)
  larger.set(column)
  return larger
}
