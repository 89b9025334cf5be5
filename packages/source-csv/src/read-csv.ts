import { type BadRecord, StreamError, systemClock } from '@rtp/stream-core/extend'
import type { Columns, RowOf } from './columns/column.ts'
import { type CsvOptions, checkOptions } from './csv-options.ts'
import { type CsvPosition, checkPosition } from './csv-position.ts'
import { CsvReader } from './csv-reader.ts'

export interface ReadCsvOptions<C extends Columns> extends CsvOptions<C> {
  /** What to do about a bad row: fail (default), only count it, or hand it over. */
  readonly onBadRecord?: 'fail' | 'skip' | ((record: BadRecord) => void)
  /** Where to go on; default: at the beginning. */
  readonly from?: CsvPosition
  /** Ends the iteration; a followed file has no other end. */
  readonly signal?: AbortSignal
}

/** Rows in arrays, to be iterated once. */
export interface CsvRows<Row> extends AsyncIterable<Row[]> {
  /** Rows handed out so far. */
  readonly rows: number
  /** Bad rows met so far. */
  readonly badRecords: number
  /** Where reading goes on behind the last array: `from` of a later call. */
  readonly position: CsvPosition
}

/**
 * Reads CSV files without an engine: an async iterable of arrays of rows, which is also what `ix` composes.
 *
 *     for await (const rows of readCsv({ files: 'readings.csv', columns: { value: number('Rating') } })) { ... }
 */
export function readCsv<C extends Columns>(options: ReadCsvOptions<C>): CsvRows<RowOf<C>> {
  const checked = checkOptions(options)
  const { onBadRecord = 'fail', signal = new AbortController().signal } = options
  const from = options.from === undefined ? undefined : checkPosition(options.from, checked.files)
  const reader = new CsvReader(checked, from, systemClock, signal)
  let rows = 0
  let badRecords = 0
  let position = reader.start

  async function* batches(): AsyncGenerator<RowOf<C>[], void, undefined> {
    try {
      for (;;) {
        const batch = await reader.next()
        if (batch === undefined) return
        for (const row of batch.badRows) {
          const record = { source: 'csv', partition: batch.file, partitionIndex: 0, ...row }
          if (onBadRecord === 'fail') throw badRecord(record)
          badRecords++
          if (onBadRecord !== 'skip') onBadRecord(record)
        }
        rows += batch.values.length
        position = batch.next
        if (batch.values.length > 0) yield batch.values
      }
    } catch (cause) {
      if (!(cause instanceof StreamError && cause.code === 'ABORTED')) throw cause
    } finally {
      await reader.close()
    }
  }

  const iterator = batches()
  return {
    [Symbol.asyncIterator]: () => iterator,
    get rows() {
      return rows
    },
    get badRecords() {
      return badRecords
    },
    get position() {
      return position
    },
  }
}

function badRecord({ partition, line, offset, reason, detail }: BadRecord): StreamError {
  return new StreamError(
    'BAD_RECORD',
    `${partition}, line ${line} (byte ${offset}): ${reason}, ${detail}. Correct the row, or pass onBadRecord: 'skip' or a function that takes such rows.`,
    { place: { partition, offset } },
  )
}
