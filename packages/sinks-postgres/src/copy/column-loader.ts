import type { Batch } from '@rtp/stream-core/extend'
import type { Target } from '../scalars/scalar.ts'

/** One column of a batch: taken out of the records first, so that the rows can be measured, then written. */
export interface ColumnLoader<T> {
  /** Takes the column's value from every record and keeps it until the next `load`. Throws where a value does not fit. */
  load(batch: Batch<T>): void
  /** Adds the bytes of each row's field, its length prefix included. */
  addSizes(sizes: Int32Array, rows: number): void
  /** Writes each row's field, length prefix included, at its cursor, and moves the cursor behind it. */
  put(target: Target, cursors: Int32Array, rows: number): void
}

/** Reports what went wrong with the value of row `at`: a value that does not fit, or what the user's function threw. */
export type Reject = (at: number, cause: unknown) => never
