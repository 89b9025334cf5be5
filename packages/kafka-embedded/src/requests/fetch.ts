import { type AbortedTransaction, errorCodes, type WireWriter } from '@rtp/kafka-protocol'
import type { Reply, RequestContext, RequestHandler } from '../request-context.ts'
import {
  checkOffset,
  type FetchedTopic,
  type FetchPartition,
  type FetchRequest,
  FLEXIBLE_FROM,
  logOf,
  readFetchRequest,
  visibleEnd,
} from './fetch-request.ts'
import { waitForRecords } from './wait-for-records.ts'

/** Fetch (1): batches as they lie in the log, after a wait for enough of them. Every fetch is a full one: sessions are not offered. */
export const fetchHandler: RequestHandler = {
  api: 'Fetch',
  minVersion: 4,
  maxVersion: 13,
  flexibleFrom: FLEXIBLE_FROM,
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
  const writeOne = (partition: FetchPartition): void => {
    const bytes = writePartition(response, fetch, partition, context, refusal, bytesLeft, isFirst)
    bytesLeft -= bytes
    if (bytes > 0) isFirst = false
  }
  if (context.apiVersion < FLEXIBLE_FROM) {
    response.array(fetch.topics, ({ topic, partitions }) => {
      response.string(topic.name ?? '').array(partitions, writeOne)
    })
    return 'answer'
  }
  response.compactArray(fetch.topics, ({ topic, partitions }) => {
    writeTopic(response, topic)
    response.compactArray(partitions, writeOne).tags()
  })
  response.tags()
  return 'answer'
}

function writeTopic(response: WireWriter, { name, uuid }: FetchedTopic): void {
  if (uuid === undefined) response.compactString(name ?? '')
  else response.uuid(uuid)
}

/** Returns how many bytes of records were written. */
function writePartition(
  response: WireWriter,
  { isReadCommitted }: FetchRequest,
  asked: FetchPartition,
  { apiVersion: version, state, connection }: RequestContext,
  refusal: number,
  bytesLeft: number,
  isFirst: boolean,
): number {
  const log = logOf(state.topics, asked)
  const errorCode = refusal || checkOffset(log, asked)
  response.int32(asked.partition).int16(errorCode)
  response.int64(log?.endOffset ?? -1).int64(log?.lastStableOffset ?? -1)
  if (version >= 5) response.int64(log?.startOffset ?? -1)
  if (log === undefined || errorCode !== 0) {
    writeRecords(response, version, [], NO_BYTES)
    return 0
  }
  const { offset, maxBytes } = asked
  const bounds = {
    offset,
    limitOffset: visibleEnd(log, isReadCommitted),
    maxBytes: Math.max(0, Math.min(maxBytes, bytesLeft)),
    allowOversized: isFirst,
  }
  const { bytes, nextOffset } = log.read(bounds, size => connection.readMemory.allocate(size))
  const aborted = isReadCommitted && bytes.length > 0 ? log.abortedBetween(offset, nextOffset) : []
  writeRecords(response, version, aborted, bytes)
  return bytes.length
}

const NO_BYTES = Buffer.alloc(0)

function writeRecords(
  response: WireWriter,
  version: number,
  aborted: readonly AbortedTransaction[],
  bytes: Buffer,
): void {
  if (version >= FLEXIBLE_FROM) {
    response.compactArray(aborted, one => response.int64(one.producerId).int64(one.firstOffset).tags())
    response.int32(-1).compactBytes(bytes).tags()
    return
  }
  response.array(aborted, one => response.int64(one.producerId).int64(one.firstOffset))
  if (version >= 11) response.int32(-1)
  response.bytes(bytes)
}
