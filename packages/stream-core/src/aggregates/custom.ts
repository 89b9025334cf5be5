import { StreamError } from '../errors.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Accumulator, Aggregate, Fail } from './aggregate.ts'

/** An aggregate in plain functions. The accumulator `A` must be plain data, since it is part of checkpoints. */
export interface CustomAggregate<T, A, R> {
  /** A fresh, empty accumulator. */
  create(): A
  /** The accumulator with the record added: the same one, changed, or a new one. `time` is the record's event time, NaN without. */
  add(accumulator: A, value: T, time: number): A
  /**
   * Both together, `a` the earlier in time; needed by sessions, sliding and cumulate windows. Leaves `b` as it is, since other windows need it: it may
   * change and return `a`, and returns `b` itself only where accumulators are never changed in place.
   */
  merge?(a: A, b: A): A
  finish(accumulator: A): R
}

/** Makes an aggregate from functions, e.g. a set of distinct names. Slower than the built-in ones: one call and one object for each key. */
export function customAggregate<T, A, R>(aggregate: CustomAggregate<T, A, R>, kind = 'custom'): Aggregate<T, R> {
  return { kind, canMerge: aggregate.merge !== undefined, start: () => new ObjectAccumulator(aggregate, kind) }
}

/** The record with the earliest event time; among equals, or without event time, the one that came first. */
export function first<T>(): Aggregate<T, T>
/** `of` of the record with the earliest event time. */
export function first<T, R>(of: (value: T) => R): Aggregate<T, R>
export function first<T>(of: (value: T) => unknown = value => value): Aggregate<T, unknown> {
  return customAggregate<T, Timed, unknown>(
    {
      create: () => ({ time: Number.NaN, value: undefined, present: false }),
      add: (best, value, time) =>
        !best.present || time < best.time ? { time, value: of(value), present: true } : best,
      merge: (a, b) => (!a.present || (b.present && b.time < a.time) ? b : a),
      finish: best => best.value,
    },
    'first',
  )
}

/** The record with the latest event time; among equals, or without event time, the one that came last. */
export function last<T>(): Aggregate<T, T>
/** `of` of the record with the latest event time. */
export function last<T, R>(of: (value: T) => R): Aggregate<T, R>
export function last<T>(of: (value: T) => unknown = value => value): Aggregate<T, unknown> {
  return customAggregate<T, Timed, unknown>(
    {
      create: () => ({ time: Number.NaN, value: undefined, present: false }),
      add: (best, value, time) =>
        !best.present || !(time < best.time) ? { time, value: of(value), present: true } : best,
      merge: (a, b) => (!b.present || (a.present && b.time < a.time) ? a : b),
      finish: best => best.value,
    },
    'last',
  )
}

/** All records, in order of arrival. Memory grows with the window. */
export function collect<T>(): Aggregate<T, T[]>
/** `of` of all records, in order of arrival. */
export function collect<T, R>(of: (value: T) => R): Aggregate<T, R[]>
export function collect<T>(of: (value: T) => unknown = value => value): Aggregate<T, unknown[]> {
  const aggregate = customAggregate<T, unknown[], unknown[]>(
    {
      create: () => [],
      add(all, value) {
        all.push(of(value))
        return all
      },
      merge: (a, b) => a.concat(b),
      finish: all => all.slice(),
    },
    'collect',
  )
  return { ...aggregate, keepsOrder: true }
}

/** Combines all records by `fn`, starting from the first one. */
export function reduction<T>(fn: (a: T, b: T) => T): Aggregate<T, T> {
  const aggregate = customAggregate<T, { value: T } | null, T>(
    {
      create: () => null,
      add: (sofar, value) => ({ value: sofar === null ? value : fn(sofar.value, value) }),
      merge: (a, b) => (a === null ? b : b === null ? a : { value: fn(a.value, b.value) }),
      finish(sofar) {
        if (sofar === null) throw new StreamError('AGGREGATE_INVALID', 'a reduction of no record has no value.')
        return sofar.value
      },
    },
    'reduce',
  )
  return { ...aggregate, keepsOrder: true }
}

interface Timed {
  readonly time: number
  readonly value: unknown
  readonly present: boolean
}

class ObjectAccumulator<T, A, R> implements Accumulator<T, R> {
  readonly #aggregate: CustomAggregate<T, A, R>
  readonly #kind: string
  /** Sparse: a slot has no accumulator until its first record. */
  readonly #accumulators: { value: A }[] = []

  constructor(aggregate: CustomAggregate<T, A, R>, kind: string) {
    this.#aggregate = aggregate
    this.#kind = kind
  }

  grow(): void {}

  reset(slot: number): void {
    delete this.#accumulators[slot]
  }

  add(slots: Int32Array, values: readonly T[], times: Float64Array, from: number, to: number, fail: Fail): void {
    let i = from
    try {
      for (; i < to; i++) {
        const holder = this.#at(slots[i]!)
        holder.value = this.#aggregate.add(holder.value, values[i]!, times[i]!)
      }
    } catch (cause) {
      fail(cause, i)
    }
  }

  merge(into: number, from: number): void {
    const { merge } = this.#aggregate
    if (merge === undefined) {
      throw new StreamError(
        'AGGREGATE_INVALID',
        `the aggregate "${this.#kind}" cannot be merged. Give it a merge function, or use a tumbling window.`,
      )
    }
    const holder = this.#at(into)
    holder.value = merge(holder.value, this.#at(from).value)
  }

  result(slot: number): R {
    return this.#aggregate.finish(this.#at(slot).value)
  }

  write(slot: number, state: StateWriter): void {
    state.value(this.#at(slot).value)
  }

  read(slot: number, state: StateReader): void {
    this.#accumulators[slot] = { value: state.value() as A }
  }

  #at(slot: number): { value: A } {
    return (this.#accumulators[slot] ??= { value: this.#aggregate.create() })
  }
}
