import { errorCodes, type WireReader } from '@rtp/kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'

const READ_COMMITTED = 1
/** Kafka's fetch.max.bytes of the broker. */
const MAX_ANSWER_BYTES = 55 * 1024 * 1024

export interface FetchPartition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
}

export interface FetchRequest {
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isReadCommitted: boolean
  readonly sessionId: number
  readonly topics: readonly { topic: string; partitions: readonly FetchPartition[] }[]
}

/** Reads the body of a Fetch request. */
export function readFetchRequest(request: WireReader, version: number): FetchRequest {
  request.int32()
  const maxWaitMs = request.int32()
  const minBytes = request.int32()
  const maxBytes = Math.min(request.int32(), MAX_ANSWER_BYTES)
  const isReadCommitted = request.int8() === READ_COMMITTED
  const sessionId = version >= 7 ? request.int32() : 0
  if (version >= 7) request.int32()
  const topics = request.array(r => {
    const topic = r.string()
    const partitions = r.array(r2 => {
      const partition = r2.int32()
      if (version >= 9) r2.int32()
      const offset = r2.int64()
      if (version >= 5) r2.int64()
      return { topic, partition, offset, maxBytes: r2.int32() }
    })
    return { topic, partitions }
  })
  return { maxWaitMs, minBytes, maxBytes, isReadCommitted, sessionId, topics }
}

/** The first offset that a consumer of this isolation does not see yet. */
export function visibleEnd(log: PartitionLog, isReadCommitted: boolean): number {
  return isReadCommitted ? log.lastStableOffset : log.endOffset
}

/** The error code for reading a partition from an offset on. */
export function checkOffset(log: PartitionLog | undefined, offset: number): number {
  if (log === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return offset < log.startOffset || offset > log.endOffset ? errorCodes.OFFSET_OUT_OF_RANGE : 0
}
