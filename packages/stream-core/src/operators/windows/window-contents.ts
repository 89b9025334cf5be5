import type { Accumulator, Aggregate } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import { StreamError } from '../../errors.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { Evictor, TimedRecord } from '../../windows/evictors/evictor.ts'
import type { WindowEntry } from './window-entry.ts'

/** What windows hold, and what the function over a window gets of it: an aggregate's result, or the records. */
export interface WindowContents<T> {
  add(entry: WindowEntry, batch: Batch<T>, at: number): void
  /** Called before the window emits: it may hold nothing any more then. */
  prepare(entry: WindowEntry): void
  /** What the window emits from. */
  use<R>(entry: WindowEntry, use: (contents: unknown) => R): R
  /** `into` takes over what `from` holds, behind its own. */
  merge(into: WindowEntry, from: WindowEntry): void
  clear(entry: WindowEntry): void
  write(entry: WindowEntry, state: StateWriter): void
  read(entry: WindowEntry, state: StateReader): void
}

/** Windows that hold the accumulators of an aggregate: one slot a window and key, whatever the number of records. */
export class AggregateContents<T> implements WindowContents<T> {
  readonly #accumulator: Accumulator<T, unknown>
  readonly #fail: (cause: unknown, batch: Batch<T>, at: number) => never
  readonly #free: number[] = []
  #used = 0
  #capacity = INITIAL_CAPACITY
  #slots = new Int32Array(INITIAL_CAPACITY)

  constructor(aggregate: Aggregate<T, unknown>, fail: (cause: unknown, batch: Batch<T>, at: number) => never) {
    this.#accumulator = aggregate.start(INITIAL_CAPACITY)
    this.#fail = fail
  }

  add(entry: WindowEntry, batch: Batch<T>, at: number): void {
    if (entry.slot < 0) entry.slot = this.#take()
    if (this.#slots.length <= at) this.#slots = new Int32Array(Math.max(batch.size, this.#slots.length * 2))
    this.#slots[at] = entry.slot
    this.#accumulator.add(this.#slots, batch.values, batch.times, at, at + 1, cause => this.#fail(cause, batch, at))
    entry.size++
  }

  prepare(): void {}

  use<R>(entry: WindowEntry, use: (contents: unknown) => R): R {
    return use(this.#accumulator.result(entry.slot))
  }

  merge(into: WindowEntry, from: WindowEntry): void {
    if (from.slot < 0) return
    if (into.slot < 0) {
      into.slot = from.slot
      from.slot = -1
    } else {
      this.#accumulator.merge(into.slot, from.slot)
    }
    into.size += from.size
    this.clear(from)
  }

  clear(entry: WindowEntry): void {
    entry.size = 0
    if (entry.slot < 0) return
    this.#accumulator.reset(entry.slot)
    this.#free.push(entry.slot)
    entry.slot = -1
  }

  write(entry: WindowEntry, state: StateWriter): void {
    state.uint(entry.size)
    if (entry.size > 0) this.#accumulator.write(entry.slot, state)
  }

  read(entry: WindowEntry, state: StateReader): void {
    this.clear(entry)
    entry.size = state.uint()
    if (entry.size === 0) return
    entry.slot = this.#take()
    this.#accumulator.read(entry.slot, state)
  }

  #take(): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#used === this.#capacity) {
      this.#capacity *= 2
      this.#accumulator.grow(this.#capacity)
    }
    return this.#used++
  }
}

/** Windows that hold their records one by one: for functions over all records, and for evictors. */
export class RecordContents<T> implements WindowContents<T> {
  readonly #evictor: Evictor<T> | undefined
  readonly #contentsOf: (records: readonly TimedRecord<T>[]) => unknown

  /** With an aggregate, that is what the records become when the window emits. */
  constructor(evictor: Evictor<T> | undefined, aggregate: Aggregate<T, unknown> | undefined) {
    this.#evictor = evictor
    this.#contentsOf = aggregate === undefined ? valuesOf : aggregated(aggregate)
  }

  add(entry: WindowEntry, batch: Batch<T>, at: number): void {
    entry.records ??= []
    entry.records.push({ value: batch.values[at]!, time: batch.times[at]! })
    entry.size++
  }

  prepare(entry: WindowEntry): void {
    if (this.#evictor?.when === 'before') this.#evict(entry, this.#evictor)
  }

  use<R>(entry: WindowEntry, use: (contents: unknown) => R): R {
    const result = use(this.#contentsOf(entry.records as TimedRecord<T>[]))
    if (this.#evictor?.when === 'after' && entry.size > 0) this.#evict(entry, this.#evictor)
    return result
  }

  merge(into: WindowEntry, from: WindowEntry): void {
    if (from.records === undefined) return
    if (into.records === undefined) into.records = from.records
    else for (const record of from.records) into.records.push(record)
    into.size = into.records.length
    from.records = undefined
    from.size = 0
  }

  clear(entry: WindowEntry): void {
    entry.records = undefined
    entry.size = 0
  }

  write(entry: WindowEntry, state: StateWriter): void {
    state.uint(entry.size)
    for (const { value, time } of entry.records ?? []) state.float64(time).value(value)
  }

  read(entry: WindowEntry, state: StateReader): void {
    entry.size = state.uint()
    entry.records = undefined
    if (entry.size === 0) return
    entry.records = Array.from({ length: entry.size }, () => {
      const time = state.float64()
      return { value: state.value(), time }
    })
  }

  #evict(entry: WindowEntry, evictor: Evictor<T>): void {
    const kept = evictor.keep(entry.records as TimedRecord<T>[])
    if (!Array.isArray(kept)) {
      throw new StreamError(
        'WINDOW_INVALID',
        `the evictor "${evictor.name}" returned no array of records. Return those that stay.`,
      )
    }
    if (kept === entry.records) return
    entry.records = [...kept]
    entry.size = kept.length
  }
}

function valuesOf(records: readonly TimedRecord<unknown>[]): unknown[] {
  return records.map(({ value }) => value)
}

/** Aggregates a window's records in one go, in a slot that serves all windows one after the other. */
function aggregated<T>(aggregate: Aggregate<T, unknown>): (records: readonly TimedRecord<T>[]) => unknown {
  const accumulator = aggregate.start(1)
  return records => {
    const { length } = records
    const values = records.map(({ value }) => value)
    const times = Float64Array.from(records, ({ time }) => time)
    accumulator.reset(0)
    accumulator.add(new Int32Array(length), values, times, 0, length, cause => {
      throw cause
    })
    const result = accumulator.result(0)
    accumulator.reset(0)
    return result
  }
}

const INITIAL_CAPACITY = 64
