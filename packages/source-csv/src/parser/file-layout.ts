import type { Dialect } from './dialect.ts'
import type { BoundColumn } from './row-decoder.ts'

/** What a parser is told about the file that it reads. */
export interface FileLayout {
  readonly dialect: Dialect
  /** Fields that each row has. */
  readonly fieldCount: number
  /** The columns that are wanted, and which field each is. */
  readonly columns: readonly BoundColumn[]
}
