import {
  type AbortedTransaction,
  AbortedTransactions,
  compressionName,
  decodeRecords,
  RecordBatchCursor,
  RecordBatchError,
  type RecordBytes,
  RecordColumns,
} from '@rtp/kafka-protocol'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import { codecFor } from '../compression/compression.ts'
import { kafkaError } from '../errors.ts'

/** Record batches of one partition as they came in one answer, not decoded yet. */
export interface FetchedChunk {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
  /** Records before this offset were read already, or not asked for. */
  readonly from: number
  /** Where the next chunk begins. */
  readonly next: number
  readonly aborted: readonly AbortedTransaction[]
  readonly readCommitted: boolean
}

/** What one batch may expand to, and how much expanded content is held at a time. */
export interface DecodeLimits {
  readonly maxBatchBytes: number
  readonly runBytes: number
}

/** Offset behind the last complete batch; undefined when there is none. Reads nothing but lengths and offsets. */
export function offsetBehind(bytes: Buffer): number | undefined {
  const cursor = new RecordBatchCursor(bytes, 0, bytes.length, { checkCrc: false })
  let next: number | undefined
  while (cursor.next()) next = cursor.lastOffset + 1
  return next
}

/**
 * Decodes a chunk: checks checksums, leaves out control batches and aborted records, decompresses. Yields the visible records in order, in
 * runs that share one Buffer. Throws KAFKA_CORRUPT_BATCH, KAFKA_BATCH_TOO_LARGE or KAFKA_COMPRESSION_UNAVAILABLE.
 */
export async function* decodeChunk(chunk: FetchedChunk, limits: DecodeLimits): AsyncGenerator<RecordColumns, void> {
  const { bytes } = chunk
  const cursor = new RecordBatchCursor(bytes)
  const hidden = new AbortedTransactions(chunk.aborted)
  let columns = new RecordColumns(0)
  let compressed: ExpandedBatch[] = []
  let expandedBytes = 0
  try {
    while (cursor.next()) {
      // Even an uncommitted reader does not see control batches.
      const isHidden = hidden.hides(cursor)
      if (chunk.readCommitted ? isHidden : cursor.isControl) continue
      if (cursor.lastOffset < chunk.from) continue
      if (cursor.compression === 0) {
        if (compressed.length > 0) {
          yield decodeExpanded(chunk, compressed)
          compressed = []
          expandedBytes = 0
        }
        decodeRecords(cursor, { bytes, start: cursor.recordsStart, end: cursor.end }, columns, chunk.from)
        continue
      }
      if (columns.size > 0) {
        yield columns
        columns = new RecordColumns(0)
      }
      const content = await expand(chunk, cursor, limits)
      compressed.push({ start: cursor.start, end: cursor.end, content })
      expandedBytes += content.length
      if (expandedBytes >= limits.runBytes) {
        yield decodeExpanded(chunk, compressed)
        compressed = []
        expandedBytes = 0
      }
    }
    if (compressed.length > 0) yield decodeExpanded(chunk, compressed)
    if (columns.size > 0) yield columns
  } catch (cause) {
    throw cause instanceof RecordBatchError ? corrupt(chunk, cursor, cause) : cause
  }
}

interface ExpandedBatch {
  /** Where the batch's header is in the chunk. */
  readonly start: number
  readonly end: number
  readonly content: Buffer
}

/** Several small compressed batches become one run, so that those behind see few large ones. */
function decodeExpanded(chunk: FetchedChunk, batches: readonly ExpandedBatch[]): RecordColumns {
  const columns = new RecordColumns(0)
  const bytes = batches.length === 1 ? batches[0]!.content : Buffer.concat(batches.map(batch => batch.content))
  let at = 0
  for (const { start, end, content } of batches) {
    const cursor = new RecordBatchCursor(chunk.bytes, start, end, { checkCrc: false })
    cursor.next()
    const records: RecordBytes = { bytes, start: at, end: at + content.length }
    decodeRecords(cursor, records, columns, chunk.from)
    at += content.length
  }
  return columns
}

async function expand(chunk: FetchedChunk, batch: RecordBatchCursor, limits: DecodeLimits): Promise<Buffer> {
  const type = compressionName(batch.compression)
  if (type === undefined || type === 'none')
    throw kafkaError(
      'KAFKA_COMPRESSION_UNAVAILABLE',
      `${placeOf(chunk, batch)} has compression type ${batch.compression}, which is not known.`,
    )
  const codec = await codecFor(type)
  const content = chunk.bytes.subarray(batch.recordsStart, batch.end)
  try {
    return await codec.decompress(content, limits.maxBatchBytes)
  } catch (cause) {
    if (cause instanceof StreamError) throw cause
    const isTooLarge = cause instanceof RangeError && /bytes.*allowed|larger than/i.test(cause.message)
    if (isTooLarge)
      throw kafkaError(
        'KAFKA_BATCH_TOO_LARGE',
        `${placeOf(chunk, batch)} cannot be expanded: ${messageOf(cause)}. If that is meant to be, raise maxBatchBytes of the source.`,
        { cause },
      )
    throw kafkaError(
      'KAFKA_CORRUPT_BATCH',
      `${placeOf(chunk, batch)} cannot be decompressed (${type}): ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

function placeOf({ topic, partition }: FetchedChunk, { baseOffset, lastOffset }: RecordBatchCursor): string {
  return `topic ${topic}, partition ${partition}: the batch with offsets ${baseOffset} to ${lastOffset}`
}

function corrupt(chunk: FetchedChunk, cursor: RecordBatchCursor, cause: RecordBatchError): StreamError {
  const { topic, partition } = chunk
  return kafkaError(
    'KAFKA_CORRUPT_BATCH',
    `topic ${topic}, partition ${partition}, behind offset ${Math.max(cursor.lastOffset, chunk.from - 1)}: ${cause.message}. ` +
      'Starting again from the checkpoint reads it anew; if it stays, the log of the broker is damaged.',
    { cause, retryable: true, place: { partition: `${topic}/${partition}` } },
  )
}
