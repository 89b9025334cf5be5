import { errorCodes, type WireReader } from '@rtp/kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicStore } from '../topics/topic-store.ts'

const READ_COMMITTED = 1
/** Kafka's fetch.max.bytes of the broker. */
const MAX_ANSWER_BYTES = 55 * 1024 * 1024

/** A topic by its name, or from version 13 on by its id: then it is this very one, and not one that was made anew under its name. */
export interface FetchedTopic {
  readonly name: string | undefined
  readonly uuid: string | undefined
}

export interface FetchPartition {
  readonly topic: FetchedTopic
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
  readonly topics: readonly { topic: FetchedTopic; partitions: readonly FetchPartition[] }[]
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
  const topics = version >= FLEXIBLE_FROM ? readFlexibleTopics(request, version) : readTopics(request, version)
  return { maxWaitMs, minBytes, maxBytes, isReadCommitted, sessionId, topics }
}

export const FLEXIBLE_FROM = 12

function readTopics(request: WireReader, version: number): FetchRequest['topics'] {
  return request.array(r => {
    const topic = { name: r.string(), uuid: undefined }
    const partitions = r.array(r2 => {
      const partition = r2.int32()
      if (version >= 9) r2.int32() // leader epoch
      const offset = r2.int64()
      if (version >= 5) r2.int64() // log start offset, of followers
      return { topic, partition, offset, maxBytes: r2.int32() }
    })
    return { topic, partitions }
  })
}

function readFlexibleTopics(request: WireReader, version: number): FetchRequest['topics'] {
  return request.compactArray(r => {
    const topic = version >= 13 ? { name: undefined, uuid: r.uuid() } : { name: r.compactString(), uuid: undefined }
    const partitions = r.compactArray(r2 => {
      const partition = r2.int32()
      r2.int32() // leader epoch
      const offset = r2.int64()
      r2.int32() // epoch of the last record fetched
      r2.int64() // log start offset, of followers
      const maxBytes = r2.int32()
      r2.tags()
      return { topic, partition, offset, maxBytes }
    })
    r.tags()
    return { topic, partitions }
  })
}

/** The log of a partition, undefined when there is no such topic (any more). */
export function logOf(topics: TopicStore, { topic, partition }: FetchPartition): PartitionLog | undefined {
  const { name, uuid } = topic
  const found = uuid === undefined ? topics.get(name ?? '') : topics.byUuid(uuid)
  return found?.partitions[partition]
}

/** The first offset that a consumer of this isolation does not see yet. */
export function visibleEnd(log: PartitionLog, isReadCommitted: boolean): number {
  return isReadCommitted ? log.lastStableOffset : log.endOffset
}

/** The error code for reading a partition from an offset on. */
export function checkOffset(log: PartitionLog | undefined, { topic, offset }: FetchPartition): number {
  if (log === undefined)
    return topic.uuid === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.UNKNOWN_TOPIC_ID
  return offset < log.startOffset || offset > log.endOffset ? errorCodes.OFFSET_OUT_OF_RANGE : 0
}
