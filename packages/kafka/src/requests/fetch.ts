import { type AbortedTransaction, apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaConnection, KafkaRequest } from '../kafka-client.ts'

export interface FetchOptions {
  /** How long the broker may wait for the first bytes. */
  readonly maxWaitMs: number
  readonly maxBytes: number
  /** True: records of open and aborted transactions are left out. */
  readonly readCommitted: boolean
}

export interface FetchPartition {
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
}

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  /** End of the partition; -1 when it is not known. */
  readonly highWatermark: number
  /** End for a reader of committed records. */
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches, the last one perhaps cut off: a view of the answer. */
  readonly records: Buffer
}

/** A topic of which the id is known is asked for by that: a broker that has another one under the name by now has nothing to give. */
export interface FetchTopic {
  readonly name: string
  readonly id: string | undefined
}

const VERSION_BY_ID = 13
const VERSION_BY_NAME = 11

/** Fetch, version 13 where topic and broker have ids, else 11; without a fetch session, from partitions of one topic. */
export function fetchRequest(
  { name, id }: FetchTopic,
  partitions: readonly FetchPartition[],
  options: FetchOptions,
  broker: Pick<KafkaConnection, 'maxVersion'>,
): KafkaRequest {
  const isById = id !== undefined && broker.maxVersion(apiKeys.Fetch) >= VERSION_BY_ID
  return {
    apiKey: apiKeys.Fetch,
    apiVersion: isById ? VERSION_BY_ID : VERSION_BY_NAME,
    apiName: 'Fetch',
    body: isById ? bodyById(id, partitions, options) : bodyByName(name, partitions, options),
    waitMs: options.maxWaitMs,
  }
}

function bodyById(id: string, partitions: readonly FetchPartition[], options: FetchOptions): Buffer {
  return new WireWriter(64 + partitions.length * 37)
    .tags() // of the header
    .int32(-1) // replica id: a consumer
    .int32(options.maxWaitMs)
    .int32(1) // bytes that end the wait
    .int32(options.maxBytes)
    .int8(options.readCommitted ? 1 : 0)
    .int32(0) // no session
    .int32(-1)
    .compactArray([id], (_, writer) => {
      writer.uuid(id).compactArray(partitions, ({ partition, offset, maxBytes }) => {
        writer
          .int32(partition)
          .int32(-1) // leader epoch: not checked
          .int64(offset)
          .int32(-1) // epoch of the last record: not checked
          .int64(-1) // log start offset: for followers
          .int32(maxBytes)
          .tags()
      })
      writer.tags()
    })
    .compactArray([], () => undefined) // forgotten topics
    .compactString('') // rack
    .tags()
    .toBuffer()
}

function bodyByName(topic: string, partitions: readonly FetchPartition[], options: FetchOptions): Buffer {
  const name = Buffer.from(topic)
  const body = Buffer.allocUnsafe(4 * 4 + 1 + 4 * 3 + 2 + name.length + 4 + partitions.length * 28 + 4 + 2)
  let at = body.writeInt32BE(-1, 0) // replica id: a consumer
  at = body.writeInt32BE(options.maxWaitMs, at)
  at = body.writeInt32BE(1, at) // bytes that end the wait
  at = body.writeInt32BE(options.maxBytes, at)
  at = body.writeInt8(options.readCommitted ? 1 : 0, at)
  at = body.writeInt32BE(0, at) // no session
  at = body.writeInt32BE(-1, at)
  at = body.writeInt32BE(1, at)
  at = body.writeInt16BE(name.length, at)
  body.set(name, at)
  at = body.writeInt32BE(partitions.length, at + name.length)
  for (const { partition, offset, maxBytes } of partitions) {
    at = body.writeInt32BE(partition, at)
    at = body.writeInt32BE(-1, at) // leader epoch: not checked
    at = body.writeBigInt64BE(BigInt(offset), at)
    at = body.writeBigInt64BE(-1n, at) // log start offset: for followers
    at = body.writeInt32BE(maxBytes, at)
  }
  at = body.writeInt32BE(0, at) // forgotten topics
  at = body.writeInt16BE(0, at) // rack
  return body.subarray(0, at)
}

/** The answer: an error code for all of it, and the partitions. */
export function readFetch(body: Buffer, version: number): { errorCode: number; partitions: FetchedPartition[] } {
  const reader = new WireReader(body)
  const isFlexible = version >= VERSION_BY_ID
  if (isFlexible) reader.tags() // of the header
  reader.int32() // throttle time
  const errorCode = reader.int16()
  reader.int32() // session
  const topics = isFlexible ? reader.compactArray(readTopicById) : reader.array(readTopicByName)
  return { errorCode, partitions: topics.flat() }
}

function readTopicById(reader: WireReader): FetchedPartition[] {
  reader.uuid()
  const partitions = reader.compactArray(() => {
    const head = readHead(reader)
    const aborted = reader.compactNullableArray(() => {
      const transaction = readAborted(reader)
      reader.tags()
      return transaction
    })
    reader.int32() // preferred read replica
    const records = reader.compactNullableBytes()
    reader.tags()
    return { ...head, aborted: aborted ?? [], records: records ?? NO_BYTES }
  })
  reader.tags()
  return partitions
}

function readTopicByName(reader: WireReader): FetchedPartition[] {
  reader.string()
  return reader.array(() => {
    const head = readHead(reader)
    const aborted = reader.nullableArray(readAborted)
    reader.int32() // preferred read replica
    const records = reader.nullableBytes()
    return { ...head, aborted: aborted ?? [], records: records ?? NO_BYTES }
  })
}

function readHead(reader: WireReader): Omit<FetchedPartition, 'aborted' | 'records'> {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  const lastStableOffset = reader.int64()
  reader.int64() // log start offset
  return { partition, errorCode, highWatermark, lastStableOffset }
}

function readAborted(reader: WireReader): AbortedTransaction {
  return { producerId: reader.int64(), firstOffset: reader.int64() }
}

const NO_BYTES = Buffer.alloc(0)
