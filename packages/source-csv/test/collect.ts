import { type BadRecord, StreamError } from '@rtp/stream-core/extend'
import type { Columns, CsvPosition, ReadCsvOptions, RowOf } from '../src/index.ts'
import { readCsv } from '../src/index.ts'

export interface Collected<Row> {
  readonly rows: Row[]
  readonly bad: BadRecord[]
  readonly position: CsvPosition
}

/** Reads to the end, good rows and bad ones. */
export async function collect<C extends Columns>(options: ReadCsvOptions<C>): Promise<Collected<RowOf<C>>> {
  const rows: RowOf<C>[] = []
  const bad: BadRecord[] = []
  const batches = readCsv({ onBadRecord: record => bad.push(record), ...options })
  for await (const batch of batches) rows.push(...batch)
  return { rows, bad, position: batches.position }
}

/** The error that something ends in. */
export async function errorOf(work: Promise<unknown>): Promise<StreamError> {
  try {
    await work
  } catch (cause) {
    if (cause instanceof StreamError) return cause
    throw cause
  }
  throw new Error('it succeeded')
}
