import type { Batch } from '@rtp/stream-core/extend'
import type { Column, RecordMarker } from '../columns/column.ts'

/** What a column's loop runs over: the records and the user's function, or a column of the batch itself. */
export interface Extractor<T> {
  open(batch: Batch<T>): Opened
}

export interface Opened {
  readonly values: ArrayLike<never>
  readonly from: (value: never) => unknown
}

export function extractorOf<T>(from: Column<T>['from']): Extractor<T> {
  if (typeof from !== 'function') return markerExtractor(from)
  const opened: { values: ArrayLike<never>; from: (value: never) => unknown } = { values: NOTHING, from }
  return {
    open(batch) {
      opened.values = batch.values as ArrayLike<unknown> as ArrayLike<never>
      return opened
    },
  }
}

const NOTHING: ArrayLike<never> = []

function markerExtractor<T>({ marker }: RecordMarker): Extractor<T> {
  if (marker === 'partition') {
    let partition: number | null = null
    const from = () => partition
    return {
      open(batch) {
        partition = batch.origin?.index ?? null
        return { values: numbers(batch.offsets), from }
      },
    }
  }
  // NaN is how a batch says that there is none.
  const from = (value: number) => (Number.isNaN(value) ? null : value)
  return {
    open: batch => ({
      values: numbers(marker === 'offset' ? batch.offsets : batch.times),
      from: from as Opened['from'],
    }),
  }
}

/** The loops only index what they are given, so a typed array serves as well as an array. */
function numbers(column: Float64Array): ArrayLike<never> {
  return column as ArrayLike<number> as ArrayLike<never>
}
