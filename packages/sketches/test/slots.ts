import { type Accumulator, type Aggregate, StateReader, StateWriter } from '@rtp/stream-core/extend'
import { propertyRuns } from '../../../runs.preset.ts'

/** Accumulators of an aggregate with eight slots, and short ways to use them. */
export class Slots<T, R> {
  readonly accumulator: Accumulator<T, R>

  constructor(aggregate: Aggregate<T, R>) {
    this.accumulator = aggregate.start(8)
  }

  add(slot: number, values: readonly T[]): this {
    const slots = new Int32Array(values.length).fill(slot)
    this.accumulator.add(slots, values, new Float64Array(values.length), 0, values.length, cause => {
      throw cause
    })
    return this
  }

  result(slot: number): R {
    return this.accumulator.result(slot)
  }

  written(slot: number): Uint8Array {
    const state = new StateWriter()
    this.accumulator.write(slot, state)
    return state.take()
  }

  read(slot: number, bytes: Uint8Array): this {
    const state = new StateReader(bytes)
    this.accumulator.read(slot, state)
    if (!state.done) throw new Error('more was written than is read')
    return this
  }
}

/** Parts added to slots of their own, merged into the first in this order. */
export function merged<T, R>(aggregate: Aggregate<T, R>, parts: readonly (readonly T[])[]): R {
  const slots = new Slots(aggregate)
  for (const part of parts) {
    slots.add(1, part)
    slots.accumulator.merge(0, 1)
    slots.accumulator.reset(1)
  }
  return slots.result(0)
}

export const RUNS = { numRuns: propertyRuns(300), seed: 9 }
