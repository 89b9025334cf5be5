/** How rows and fields are written in a file, and how long they may be. */
export interface Dialect {
  /** Byte between two fields. */
  readonly delimiter: number
  /** Byte around fields that hold delimiters or line ends; -1 where quotes mean nothing. */
  readonly quote: number
  /** A row without its line end is at most so long. */
  readonly maxRowBytes: number
  /** A field without its quotes is at most so long. */
  readonly maxFieldBytes: number
}

export const LINE_FEED = 10
export const CARRIAGE_RETURN = 13
