import { errorCodes, type WireReader, type WireWriter } from '@rtp/kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Reply, RequestContext, RequestHandler } from '../request-context.ts'
import { waitForRecords } from './wait-for-records.ts'

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

/** Fetch (1): batches as they lie in the log, after a wait for enough of them. Every fetch is a full one: sessions are not offered. */
export const fetchHandler: RequestHandler = {
  api: 'Fetch',
  minVersion: 4,
  maxVersion: 11,
  handle: (request, response, context) => {
    const fetch = readRequest(request, context.apiVersion)
    const refusal = context.injectedError || (fetch.sessionId === 0 ? 0 : errorCodes.FETCH_SESSION_ID_NOT_FOUND)
    const waiting = refusal === 0 ? waitForRecords(fetch, context) : undefined
    return waiting === undefined
      ? writeAnswer(response, fetch, context, refusal)
      : waiting.then(() => writeAnswer(response, fetch, context, refusal))
  },
}

/** The first offset that a consumer of this isolation does not see yet. */
export function visibleEnd(log: PartitionLog, isReadCommitted: boolean): number {
  return isReadCommitted ? log.lastStableOffset : log.endOffset
}

function readRequest(request: WireReader, version: number): FetchRequest {
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

function writeAnswer(response: WireWriter, fetch: FetchRequest, context: RequestContext, refusal: number): Reply {
  response.int32(0)
  if (context.apiVersion >= 7) response.int16(refusal).int32(0)
  let bytesLeft = fetch.maxBytes
  let isFirst = true
  response.array(fetch.topics, ({ topic, partitions }) => {
    response.string(topic)
    response.array(partitions, partition => {
      const bytes = writePartition(response, fetch, partition, context, refusal, bytesLeft, isFirst)
      bytesLeft -= bytes
      if (bytes > 0) isFirst = false
    })
  })
  return 'answer'
}

/** Returns how many bytes of records were written. */
function writePartition(
  response: WireWriter,
  { isReadCommitted }: FetchRequest,
  { topic, partition, offset, maxBytes }: FetchPartition,
  { apiVersion: version, state, connection }: RequestContext,
  refusal: number,
  bytesLeft: number,
  isFirst: boolean,
): number {
  const log = state.topics.partition(topic, partition)
  const errorCode = refusal || checkOffset(log, offset)
  response.int32(partition).int16(errorCode)
  response.int64(log?.endOffset ?? -1).int64(log?.lastStableOffset ?? -1)
  if (version >= 5) response.int64(log?.startOffset ?? -1)
  if (log === undefined || errorCode !== 0) {
    response.int32(0)
    if (version >= 11) response.int32(-1)
    response.int32(0)
    return 0
  }
  const bounds = {
    offset,
    limitOffset: visibleEnd(log, isReadCommitted),
    maxBytes: Math.max(0, Math.min(maxBytes, bytesLeft)),
    allowOversized: isFirst,
  }
  const { bytes, nextOffset } = log.read(bounds, size => connection.readMemory.allocate(size))
  const aborted = isReadCommitted && bytes.length > 0 ? log.abortedBetween(offset, nextOffset) : []
  response.array(aborted, one => response.int64(one.producerId).int64(one.firstOffset))
  if (version >= 11) response.int32(-1)
  response.bytes(bytes)
  return bytes.length
}

export function checkOffset(log: PartitionLog | undefined, offset: number): number {
  if (log === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return offset < log.startOffset || offset > log.endOffset ? errorCodes.OFFSET_OUT_OF_RANGE : 0
}
