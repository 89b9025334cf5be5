import { type Position, StreamError } from '@rtp/stream-core/extend'

/** Where reading goes on: at the row that begins at `offset` of `file`. */
export type CsvPosition = {
  /** The path, as it was given. */
  readonly file: string
  /** Line of the row, counted from 1. */
  readonly line: number
  /** Bytes before the row in the decompressed file, 0 for the very beginning, where the header is. */
  readonly offset: number
}

/** The position that a checkpoint kept, checked against the files that are read now. */
export function checkPosition(position: Position, files: readonly string[]): CsvPosition {
  const { file, line, offset } = typeof position === 'number' ? {} : position
  if (typeof file !== 'string' || typeof line !== 'number' || typeof offset !== 'number') {
    throw new StreamError(
      'CSV_POSITION_INVALID',
      `${JSON.stringify(position)} is no position in a CSV file. It needs file, line and offset.`,
    )
  }
  if (!files.includes(file)) {
    throw new StreamError(
      'CSV_POSITION_INVALID',
      `the position is in ${file}, which is not among the files: ${files.join(', ')}. Name the file as before, or start without the old checkpoint.`,
      { place: { partition: file, offset } },
    )
  }
  return { file, line, offset }
}
