import { type AbortedTransaction, apiKeys, WireReader } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

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

/** Fetch, version 11, without a fetch session, from partitions of one topic. */
export function fetchRequest(
  topic: string,
  partitions: readonly FetchPartition[],
  options: FetchOptions,
): KafkaRequest {
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
  return {
    apiKey: apiKeys.Fetch,
    apiVersion: 11,
    apiName: 'Fetch',
    body: body.subarray(0, at),
    waitMs: options.maxWaitMs,
  }
}

/** The answer: an error code for all of it, and the partitions. */
export function readFetch(body: Buffer): { errorCode: number; partitions: FetchedPartition[] } {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  const errorCode = reader.int16()
  reader.int32() // session
  const topics = reader.array(() => {
    reader.string()
    return reader.array(readPartition)
  })
  return { errorCode, partitions: topics.flat() }
}

function readPartition(reader: WireReader): FetchedPartition {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  const lastStableOffset = reader.int64()
  reader.int64() // log start offset
  const aborted = reader.nullableArray(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }))
  reader.int32() // preferred read replica
  const records = reader.nullableBytes()
  return { partition, errorCode, highWatermark, lastStableOffset, aborted: aborted ?? [], records: records ?? NO_BYTES }
}

const NO_BYTES = Buffer.alloc(0)
