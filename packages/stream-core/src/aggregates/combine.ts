import { StreamError } from '../errors.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Accumulator, Aggregate, Fail } from './aggregate.ts'
import {
  isRetractable,
  type RetractableAccumulator,
  type RetractableAggregate,
  type RetractableAggregates,
} from './retractable.ts'

/** Named aggregates; the result is an object with the same names. */
export type Aggregates<T, R> = { readonly [Name in keyof R]: Aggregate<T, R[Name]> }

/** One aggregate that computes several in one pass over the records. */
export function combine<T, R extends object>(aggregates: Aggregates<T, R>): Aggregate<T, R> {
  const names = namesOf(aggregates)
  return {
    kind: names.map(name => `${name}: ${aggregates[name].kind}`).join(', '),
    canMerge: names.every(name => aggregates[name].canMerge !== false),
    keepsOrder: names.some(name => aggregates[name].keepsOrder === true),
    start: capacity =>
      new CombinedAccumulator<T, R>(
        names,
        names.map(name => aggregates[name].start(capacity)),
      ),
  }
}

/** The same of aggregates that can take records back; throws AGGREGATE_INVALID where one cannot. */
export function combineRetractable<T, R extends object>(
  aggregates: RetractableAggregates<T, R>,
): RetractableAggregate<T, R> {
  const names = namesOf(aggregates)
  const rigid = names.find(name => !isRetractable(aggregates[name]))
  if (rigid !== undefined) {
    throw new StreamError(
      'AGGREGATE_INVALID',
      `"${rigid}: ${aggregates[rigid].kind}" cannot take a row back, as changes of a table demand. Use count, sum, mean, min or max.`,
    )
  }
  return {
    ...combine<T, R>(aggregates),
    startRetractable: capacity =>
      new CombinedRetractable<T, R>(
        names,
        names.map(name => aggregates[name].startRetractable(capacity)),
      ),
  }
}

function namesOf<R>(aggregates: { readonly [Name in keyof R]: unknown }): (keyof R & string)[] {
  const names = Object.keys(aggregates) as (keyof R & string)[]
  if (names.length > 0) return names
  throw new StreamError(
    'AGGREGATE_INVALID',
    'aggregate({}) computes nothing. Name at least one, e.g. { count: count() }.',
  )
}

class CombinedAccumulator<T, R> implements Accumulator<T, R> {
  readonly #names: readonly (keyof R & string)[]
  readonly #parts: readonly Accumulator<T, unknown>[]

  constructor(names: readonly (keyof R & string)[], parts: readonly Accumulator<T, unknown>[]) {
    this.#names = names
    this.#parts = parts
  }

  grow(capacity: number): void {
    for (const part of this.#parts) part.grow(capacity)
  }

  reset(slot: number): void {
    for (const part of this.#parts) part.reset(slot)
  }

  add(slots: Int32Array, values: readonly T[], times: Float64Array, from: number, to: number, fail: Fail): void {
    for (const part of this.#parts) part.add(slots, values, times, from, to, fail)
  }

  merge(into: number, from: number): void {
    for (const part of this.#parts) part.merge(into, from)
  }

  result(slot: number): R {
    const result: Record<string, unknown> = {}
    for (let i = 0; i < this.#names.length; i++) result[this.#names[i]!] = this.#parts[i]!.result(slot)
    return result as R
  }

  write(slot: number, state: StateWriter): void {
    for (const part of this.#parts) part.write(slot, state)
  }

  read(slot: number, state: StateReader): void {
    for (const part of this.#parts) part.read(slot, state)
  }
}

class CombinedRetractable<T, R> extends CombinedAccumulator<T, R> implements RetractableAccumulator<T, R> {
  readonly #parts: readonly RetractableAccumulator<T, unknown>[]

  constructor(names: readonly (keyof R & string)[], parts: readonly RetractableAccumulator<T, unknown>[]) {
    super(names, parts)
    this.#parts = parts
  }

  retract(slots: Int32Array, values: readonly T[], times: Float64Array, from: number, to: number, fail: Fail): void {
    for (const part of this.#parts) part.retract(slots, values, times, from, to, fail)
  }
}
