import { type BatchProducer, type CompressionName, RecordBatchEncoder } from '@rtp/kafka-protocol'

export interface BatchSpec {
  readonly values: readonly string[]
  /** Per record; default 0. */
  readonly timestamps?: readonly number[]
  readonly producer?: BatchProducer
  readonly transactional?: boolean
  readonly compressed?: { readonly type: CompressionName; readonly bytes: Uint8Array }
}

/** A batch as a producer sends it, in memory of its own. */
export function batchOf({ values, timestamps = [], ...options }: BatchSpec): Buffer {
  const encoder = new RecordBatchEncoder(64 * 1024 * 1024)
  for (const [index, value] of values.entries()) encoder.tryAppend(timestamps[index] ?? 0, null, value)
  return Buffer.from(encoder.finish(options))
}

/** A batch of so many records of so many bytes each. */
export function largeBatch(records: number, valueBytes: number): Buffer {
  return batchOf({ values: Array.from({ length: records }, () => 'x'.repeat(valueBytes)) })
}
