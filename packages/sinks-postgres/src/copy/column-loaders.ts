import type { Batch } from '@rtp/stream-core/extend'
import type { Column } from '../columns/column.ts'
import { scalarOf } from '../scalars/scalar-of.ts'
import type { ColumnLoader, Reject } from './column-loader.ts'
import { extractorOf } from './extractor.ts'
import { isLongName, LongLoader } from './long-loader.ts'
import { isNumberName, NumberLoader } from './number-loader.ts'
import { SizedLoader } from './sized-loader.ts'
import { valueError } from './value-error.ts'

/** A column as it is written: what the user gave and what the table says. */
export interface WrittenColumn<T> {
  readonly name: string
  readonly column: Column<T>
  /** n of varchar(n) or char(n) in the table. */
  readonly maxLength?: number | undefined
}

/** The columns of a table, taken out of one batch after the other. */
export class ColumnLoaders<T> {
  readonly table: string
  readonly loaders: readonly ColumnLoader<T>[]
  #batch: Batch<T> | undefined

  constructor(table: string, columns: readonly WrittenColumn<T>[]) {
    this.table = table
    this.loaders = columns.map(column => this.#loader(column))
  }

  load(batch: Batch<T>): void {
    this.#batch = batch
    for (const loader of this.loaders) loader.load(batch)
    this.#batch = undefined
  }

  #loader({ name, column, maxLength }: WrittenColumn<T>): ColumnLoader<T> {
    const reject: Reject = (at, cause) => {
      throw this.#batch === undefined ? cause : valueError(this.table, name, this.#batch, at, cause)
    }
    const extractor = extractorOf(column.from)
    const { type } = column
    if (!type.isArray && type.name !== 'any') {
      if (isNumberName(type.name)) return new NumberLoader(extractor, type.name, reject)
      if (isLongName(type.name)) return new LongLoader(extractor, type.name, reject)
    }
    return new SizedLoader(extractor, scalarOf(type, maxLength), reject)
  }
}
