import { errorCodes, type WireWriter } from '@rtp/kafka-protocol'
import type { Reply, RequestContext, RequestHandler } from '../request-context.ts'
import { checkOffset, type FetchPartition, type FetchRequest, readFetchRequest, visibleEnd } from './fetch-request.ts'
import { waitForRecords } from './wait-for-records.ts'

/** Fetch (1): batches as they lie in the log, after a wait for enough of them. Every fetch is a full one: sessions are not offered. */
export const fetchHandler: RequestHandler = {
  api: 'Fetch',
  minVersion: 4,
  maxVersion: 11,
  handle: (request, response, context) => {
    const fetch = readFetchRequest(request, context.apiVersion)
    const refusal = context.injectedError || (fetch.sessionId === 0 ? 0 : errorCodes.FETCH_SESSION_ID_NOT_FOUND)
    const waiting = refusal === 0 ? waitForRecords(fetch, context) : undefined
    return waiting === undefined
      ? writeAnswer(response, fetch, context, refusal)
      : waiting.then(() => writeAnswer(response, fetch, context, refusal))
  },
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
