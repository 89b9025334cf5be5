import type { Batch } from '@rtp/stream-core/extend'
import type { Scalar, Target } from '../scalars/scalar.ts'
import type { ColumnLoader, Reject } from './column-loader.ts'
import type { Extractor } from './extractor.ts'
import { loadSized } from './load-columns.ts'

/** Types of no fixed width, and arrays. */
export class SizedLoader<T> implements ColumnLoader<T> {
  readonly #extractor: Extractor<T>
  readonly #scalar: Scalar
  readonly #reject: Reject
  readonly #prepared: unknown[] = []
  #sizes = new Int32Array(0)

  constructor(extractor: Extractor<T>, scalar: Scalar, reject: Reject) {
    this.#extractor = extractor
    this.#scalar = scalar
    this.#reject = reject
  }

  load(batch: Batch<T>): void {
    const rows = batch.size
    if (rows > this.#sizes.length) this.#sizes = new Int32Array(rows * 2)
    const { prepare, size } = this.#scalar
    const { values, from } = this.#extractor.open(batch)
    loadSized(values, rows, from, prepare, size, this.#prepared, this.#sizes, this.#reject)
  }

  addSizes(sizes: Int32Array, rows: number): void {
    const own = this.#sizes
    for (let i = 0; i < rows; i++) sizes[i]! += own[i]! < 0 ? 4 : 4 + own[i]!
  }

  put(target: Target, cursors: Int32Array, rows: number): void {
    putSized(target, cursors, rows, this.#prepared, this.#sizes, this.#scalar.put)
    // Prepared values refer to records; they must not live on until the next batch.
    this.#prepared.length = 0
  }
}

function putSized(
  target: Target,
  cursors: Int32Array,
  rows: number,
  prepared: readonly unknown[],
  sizes: Int32Array,
  put: Scalar['put'],
): void {
  const { view } = target
  for (let i = 0; i < rows; i++) {
    const at = cursors[i] as number
    const size = sizes[i] as number
    view.setInt32(at, size)
    if (size < 0) {
      cursors[i] = at + 4
    } else {
      put(target, at + 4, prepared[i])
      cursors[i] = at + 4 + size
    }
  }
}
