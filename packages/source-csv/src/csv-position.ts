import { type Position, StreamError } from '@rtp/stream-core/extend'

/** Where reading goes on: at the row that begins at `offset` of `file`. */
export type CsvPosition = {
  /** The path, as it was given. */
  readonly file: string
  /** Line of the row, counted from 1. */
  readonly line: number
  /** Bytes before the row in the decompressed file, 0 for the very beginning, where the header is. */
  readonly offset: number
  /** Bytes of the files in front of this one, so that offsets of records grow over all files; left out for the first. */
  readonly bytesBefore?: number
}

/** The position that a checkpoint kept, checked against the files that are read now. */
export function checkPosition(position: Position, files: readonly string[]): CsvPosition {
  const { file, line, offset, bytesBefore = 0 } = typeof position === 'number' ? {} : position
  if (typeof file !== 'string' || !isCount(line) || !isCount(offset) || !isCount(bytesBefore)) {
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
  return positionAt(file, line, offset, bytesBefore)
}

/** The position with its fields in a fixed order, because positions are compared by their JSON text. */
export function positionAt(file: string, line: number, offset: number, bytesBefore: number): CsvPosition {
  return bytesBefore === 0 ? { file, line, offset } : { file, line, offset, bytesBefore }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
