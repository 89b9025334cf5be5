import type { Batch } from '@rtp/stream-core/extend'

/** Records in a batch as the engine hands them on. */
export const BATCH_RECORDS = 1_000

/** Records as a source hands them over. */
export function toBatches<T>(records: readonly T[]): Batch<T>[] {
  return Array.from({ length: Math.ceil(records.length / BATCH_RECORDS) }, (_, i) => {
    const values = records.slice(i * BATCH_RECORDS, (i + 1) * BATCH_RECORDS)
    return {
      values,
      times: new Float64Array(values.length).fill(Number.NaN),
      watermarks: new Float64Array(values.length).fill(Number.NEGATIVE_INFINITY),
      offsets: Float64Array.from(values, (_, row) => i * BATCH_RECORDS + row),
      size: values.length,
      watermark: Number.NEGATIVE_INFINITY,
      idle: false,
      origin: undefined,
    }
  })
}
