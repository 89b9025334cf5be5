import type { Batch } from '@rtp/stream-core/extend'
import type { SealedChunks } from './chunk-list.ts'

/** Turns batches into the bytes of a COPY, part by part. */
export interface RowEncoder<T> {
  /** Bytes of the open part. */
  readonly bytes: number
  /** Adds all rows of the batch, or, when it throws, none. */
  write(batch: Batch<T>): void
  /** The bytes of one complete COPY; the next row begins another. */
  seal(): SealedChunks
}
