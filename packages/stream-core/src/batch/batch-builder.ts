import type { Batch } from './batch.ts'

/** Collects the records that an operator makes, in columns that grow and are used again after every `take`. */
export class BatchBuilder<T> {
  #batch: Batch<T> = {
    values: [],
    times: new Float64Array(64),
    watermarks: new Float64Array(64),
    offsets: new Float64Array(64),
    size: 0,
    watermark: Number.NEGATIVE_INFINITY,
    idle: false,
    origin: undefined,
  }

  get size(): number {
    return this.#batch.size
  }

  add(value: T, time: number, watermark: number, offset: number): void {
    const batch = this.#batch
    const at = batch.size
    if (at === batch.times.length) this.#grow()
    batch.values[at] = value
    batch.times[at] = time
    batch.watermarks[at] = watermark
    batch.offsets[at] = offset
    batch.size = at + 1
  }

  /** The batch so far, lent until the next `add`; the builder is empty afterwards. */
  take(watermark: number, idle: boolean, origin: Batch<T>['origin'] = undefined): Batch<T> {
    const full = this.#batch
    // A receiver may keep nothing, so the columns serve again; the values get a new array, or the old records would live on in it.
    this.#batch = { ...full, values: [], size: 0 }
    full.watermark = watermark
    full.idle = idle
    full.origin = origin
    return full
  }

  #grow(): void {
    const batch = this.#batch
    const capacity = batch.times.length * 2
    batch.times = grown(batch.times, capacity)
    batch.watermarks = grown(batch.watermarks, capacity)
    batch.offsets = grown(batch.offsets, capacity)
  }
}

function grown(column: Float64Array, capacity: number): Float64Array {
  const larger = new Float64Array(capacity)
  larger.set(column)
  return larger
}
