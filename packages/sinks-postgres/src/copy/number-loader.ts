import type { Batch } from '@rtp/stream-core/extend'
import { float4 } from '../scalars/floats.ts'
import { smallInteger } from '../scalars/integers.ts'
import { expected, type ScalarName, type Target } from '../scalars/scalar.ts'
import { toDays } from '../scalars/times.ts'
import type { ColumnLoader, Reject } from './column-loader.ts'
import type { Extractor } from './extractor.ts'
import { loadNumbers } from './load-columns.ts'
import { putBytes, putFloat4, putFloat8, putInt2, putInt4 } from './put-columns.ts'

/** Types of fixed width that a double holds exactly. */
export class NumberLoader<T> implements ColumnLoader<T> {
  readonly #extractor: Extractor<T>
  readonly #form: NumberForm
  readonly #reject: Reject
  readonly #put: NumberForm['put']
  #numbers = new Float64Array(0)
  #nulls = new Uint8Array(0)
  #nullCount = 0

  constructor(extractor: Extractor<T>, name: NumberName, reject: Reject) {
    this.#extractor = extractor
    this.#form = FORMS[name]
    this.#put = this.#form.put
    this.#reject = reject
  }

  load(batch: Batch<T>): void {
    const rows = batch.size
    if (rows > this.#nulls.length) {
      this.#numbers = new Float64Array(rows * 2)
      this.#nulls = new Uint8Array(rows * 2)
    }
    const { isDirect, convert } = this.#form
    const { values, from } = this.#extractor.open(batch)
    this.#nullCount = loadNumbers(values, rows, from, isDirect, convert, this.#numbers, this.#nulls, this.#reject)
  }

  addSizes(sizes: Int32Array, rows: number): void {
    addFixedSizes(sizes, rows, this.#form.width, this.#nullCount === 0 ? undefined : this.#nulls)
  }

  put(target: Target, cursors: Int32Array, rows: number): void {
    this.#put(target.view, cursors, rows, this.#numbers, this.#nullCount === 0 ? undefined : this.#nulls)
  }
}

export function addFixedSizes(sizes: Int32Array, rows: number, width: number, nulls: Uint8Array | undefined): void {
  if (nulls === undefined) for (let i = 0; i < rows; i++) sizes[i]! += 4 + width
  else for (let i = 0; i < rows; i++) sizes[i]! += nulls[i] === 1 ? 4 : 4 + width
}

export type NumberName = 'bool' | 'int2' | 'int4' | 'float4' | 'float8' | 'date'

export function isNumberName(name: ScalarName): name is NumberName {
  return name in FORMS
}

interface NumberForm {
  readonly width: number
  /** True for a number that is stored as it is. */
  readonly isDirect: (value: number) => boolean
  /** The number to store for any other value; throws a ValueFault. */
  readonly convert: (value: unknown) => number
  readonly put: typeof putFloat8
}

const FORMS: Readonly<Record<NumberName, NumberForm>> = {
  bool: {
    width: 1,
    isDirect: () => false,
    convert(value) {
      if (typeof value !== 'boolean') throw expected('a boolean', value)
      return value ? 1 : 0
    },
    put: putBytes,
  },
  int2: {
    width: 2,
    isDirect: value => (value << 16) >> 16 === value,
    convert: value => smallInteger(value, 32_767, 'int2'),
    put: putInt2,
  },
  int4: {
    width: 4,
    isDirect: value => (value | 0) === value,
    convert: value => smallInteger(value, 2_147_483_647, 'int4'),
    put: putInt4,
  },
  float4: { width: 4, isDirect: () => false, convert: value => float4.prepare(value), put: putFloat4 },
  float8: {
    width: 8,
    isDirect: () => true,
    convert(value) {
      throw expected('a number', value)
    },
    put: putFloat8,
  },
  date: { width: 4, isDirect: () => false, convert: toDays, put: putInt4 },
}
