import type { Accumulator, Aggregate } from '../../src/aggregates/aggregate.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'

/** A record of the aggregate tests. */
export interface Timed<T> {
  readonly value: T
  readonly time: number
}

/** The accumulators of one aggregate, and a way to add records to a slot. */
export class Slots<T, R> {
  readonly accumulator: Accumulator<T, R>

  constructor(aggregate: Aggregate<T, R>, capacity = 8) {
    this.accumulator = aggregate.start(capacity)
  }

  /** Adds each record to the slot at the same place in `slots`. */
  add(records: readonly Timed<T>[], slots: readonly number[]): this {
    this.accumulator.add(
      Int32Array.from(slots),
      records.map(({ value }) => value),
      Float64Array.from(records, ({ time }) => time),
      0,
      records.length,
      cause => {
        throw cause
      },
    )
    return this
  }

  /** Adds all records to one slot. */
  fill(slot: number, records: readonly Timed<T>[]): this {
    return this.add(
      records,
      records.map(() => slot),
    )
  }

  merge(into: number, from: number): this {
    this.accumulator.merge(into, from)
    return this
  }

  result(slot: number): R {
    return this.accumulator.result(slot)
  }

  /** Writes a slot and reads it into a slot of other accumulators. */
  move(slot: number, to: Slots<T, R>, into: number): void {
    const state = new StateWriter()
    this.accumulator.write(slot, state)
    const reader = new StateReader(state.take())
    to.accumulator.read(into, reader)
    if (!reader.done) throw new Error('the aggregate wrote more than it reads')
  }
}
