import type { BadRecord, PartitionReader, Source, SourceBatch } from '@rtp/stream-core/extend'
import type { Columns, RowOf } from './columns/column.ts'
import { type CsvOptions, checkOptions } from './csv-options.ts'
import { checkPosition } from './csv-position.ts'
import { type CsvBatch, CsvReader } from './csv-reader.ts'
import { checkReadable } from './files/open-file.ts'

export interface CsvSourceOptions<C extends Columns> extends CsvOptions<C> {
  /** What the source is called in errors and metrics. Default `csv` and the first file. */
  readonly name?: string
  /** What becomes of bad rows when nobody takes the side output of bad records: end the job (default), or count them. */
  readonly onBadRecord?: 'fail' | 'skip'
  /** The timestamp column that is each record's own time, for `withEventTime('record', ...)`. */
  readonly recordTime?: TimestampName<C>
}

/** The names of columns whose values are numbers. */
export type TimestampName<C extends Columns> = {
  [K in keyof C & string]: RowOf<C>[K] extends number ? K : never
}[keyof C & string]

/**
 * CSV files as a source of typed rows: one partition, the files one behind the other, resumed at the exact row.
 *
 *     csvSource({
 *       files: 'readings.csv',
 *       columns: { sensor: text('Phone'), value: number('Rating'), at: timestamp('Time_GMT') },
 *     })
 */
export function csvSource<C extends Columns>(options: CsvSourceOptions<C>): Source<RowOf<C>> {
  const checked = checkOptions(options)
  const { recordTime } = options
  // Checkpoints keep positions under this name, so it must not change when files are added behind the first.
  const name = options.name ?? `csv ${checked.files[0]}`
  return {
    name,
    bounded: !checked.follow,
    replayable: true,
    recordTimes: recordTime !== undefined,
    onBadRecord: options.onBadRecord ?? 'fail',
    async open(context) {
      const readers: PartitionReader<RowOf<C>>[] = []
      return {
        partitions: [checked.files.length === 1 ? checked.files[0]! : `${checked.files[0]} ...`],
        async read(_partition, from) {
          const position = from === undefined ? undefined : checkPosition(from, checked.files)
          // A missing file is found before hours are spent on those in front of it.
          const unread = checked.files.slice(position === undefined ? 0 : checked.files.indexOf(position.file))
          for (const file of unread) await checkReadable(file)
          const reader = partitionReader(
            new CsvReader(checked, position, context.clock, context.signal),
            name,
            recordTime,
          )
          readers.push(reader)
          return reader
        },
        async close() {
          for (const reader of readers) await reader.close()
        },
      }
    },
  }
}

function partitionReader<C extends Columns>(
  reader: CsvReader<C>,
  source: string,
  recordTime: string | undefined,
): PartitionReader<RowOf<C>> {
  return {
    start: reader.start,
    close: () => reader.close(),
    async next() {
      const batch = await reader.next()
      if (batch === undefined) return undefined
      return sourceBatch(batch, source, recordTime)
    },
  }
}

function sourceBatch<Row>(batch: CsvBatch<Row>, source: string, recordTime: string | undefined): SourceBatch<Row> {
  const { values, offsets, bytes, next } = batch
  return {
    values,
    times: recordTime === undefined ? undefined : timesOf(values, recordTime),
    offsets,
    size: values.length,
    bytes,
    next,
    badRecords: batch.badRows.map((row): BadRecord => ({ source, partition: batch.file, partitionIndex: 0, ...row })),
  }
}

function timesOf<Row>(values: readonly Row[], recordTime: string): Float64Array {
  const times = new Float64Array(values.length)
  for (let i = 0; i < times.length; i++) times[i] = (values[i] as Record<string, number>)[recordTime]!
  return times
}
