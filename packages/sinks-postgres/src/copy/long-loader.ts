import type { Batch } from '@rtp/stream-core/extend'
import { int8 } from '../scalars/integers.ts'
import type { Target } from '../scalars/scalar.ts'
import { toMicros } from '../scalars/times.ts'
import type { ColumnLoader, Reject } from './column-loader.ts'
import type { Extractor } from './extractor.ts'
import { loadInt8, loadTimes } from './load-columns.ts'
import { addFixedSizes } from './number-loader.ts'
import { putLongs } from './put-columns.ts'

/** Types of 64 bits, kept as two halves, because a bigint per value costs more than everything else. */
export class LongLoader<T> implements ColumnLoader<T> {
  readonly #extractor: Extractor<T>
  readonly #reject: Reject
  readonly #load: typeof loadInt8
  readonly #convert: (value: unknown, at: number) => void
  #high = new Int32Array(0)
  #low = new Int32Array(0)
  #nulls = new Uint8Array(0)
  #nullCount = 0

  constructor(extractor: Extractor<T>, name: LongName, reject: Reject) {
    this.#extractor = extractor
    this.#reject = reject
    this.#load = name === 'int8' ? loadInt8 : loadTimes
    const prepare = name === 'int8' ? int8.prepare : (value: unknown) => toMicros(value, name)
    this.#convert = (value, at) => {
      const long = prepare(value)
      this.#high[at] = Number(long >> 32n)
      this.#low[at] = Number(BigInt.asIntN(32, long))
    }
  }

  load(batch: Batch<T>): void {
    const rows = batch.size
    if (rows > this.#nulls.length) {
      this.#high = new Int32Array(rows * 2)
      this.#low = new Int32Array(rows * 2)
      this.#nulls = new Uint8Array(rows * 2)
    }
    const { values, from } = this.#extractor.open(batch)
    this.#nullCount = this.#load(values, rows, from, this.#convert, this.#high, this.#low, this.#nulls, this.#reject)
  }

  addSizes(sizes: Int32Array, rows: number): void {
    addFixedSizes(sizes, rows, 8, this.#nullCount === 0 ? undefined : this.#nulls)
  }

  put(target: Target, cursors: Int32Array, rows: number): void {
    putLongs(target.view, cursors, rows, this.#high, this.#low, this.#nullCount === 0 ? undefined : this.#nulls)
  }
}

export type LongName = 'int8' | 'timestamp' | 'timestamptz'

export function isLongName(name: string): name is LongName {
  return name === 'int8' || name === 'timestamp' || name === 'timestamptz'
}
