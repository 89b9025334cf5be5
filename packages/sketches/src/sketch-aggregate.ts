import type { Accumulator, Aggregate, Fail, StateReader, StateWriter } from '@rtp/stream-core/extend'

/** A summary of records, as functions over `S`, which is changed in place. */
export interface Sketch<T, S, R> {
  create(): S
  add(sketch: S, value: T): void
  /** Adds what `from` has seen to `into`. */
  merge(into: S, from: S): void
  result(sketch: S): R
  write(sketch: S, state: StateWriter): void
  read(state: StateReader): S
}

/** An aggregate that keeps a sketch for each key and window; one that has seen nothing takes no room. */
export function sketchAggregate<T, S, R>(kind: string, sketch: Sketch<T, S, R>): Aggregate<T, R> {
  return { kind, start: () => new SketchAccumulator(sketch) }
}

class SketchAccumulator<T, S, R> implements Accumulator<T, R> {
  readonly #sketch: Sketch<T, S, R>
  readonly #slots: (S | undefined)[] = []

  constructor(sketch: Sketch<T, S, R>) {
    this.#sketch = sketch
  }

  grow(): void {}

  reset(slot: number): void {
    this.#slots[slot] = undefined
  }

  add(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    let i = from
    try {
      for (; i < to; i++) this.#sketch.add(this.#at(slots[i]!), values[i]!)
    } catch (cause) {
      fail(cause, i)
    }
  }

  merge(into: number, from: number): void {
    const other = this.#slots[from]
    if (other !== undefined) this.#sketch.merge(this.#at(into), other)
  }

  result(slot: number): R {
    return this.#sketch.result(this.#at(slot))
  }

  write(slot: number, state: StateWriter): void {
    this.#sketch.write(this.#at(slot), state)
  }

  read(slot: number, state: StateReader): void {
    this.#slots[slot] = this.#sketch.read(state)
  }

  #at(slot: number): S {
    return (this.#slots[slot] ??= this.#sketch.create())
  }
}
