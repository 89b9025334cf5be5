import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

/** Times with a meaning of their own: the first offset that is there, and the one behind the last. */
export const earliest = -2
export const latest = -1

export interface ListedOffset {
  readonly partition: number
  readonly errorCode: number
  /** The first offset with this time or a later one; -1 when there is none. */
  readonly offset: number
}

/** ListOffsets, version 3. With `readCommitted` the latest offset is the one before the first open transaction. */
export function listOffsetsRequest(
  topic: string,
  partitions: readonly number[],
  timestamp: number,
  readCommitted: boolean,
): KafkaRequest {
  const body = new WireWriter()
    .int32(-1)
    .int8(readCommitted ? 1 : 0)
    .array([topic], (name, writer) =>
      writer.string(name).array(partitions, partition => writer.int32(partition).int64(timestamp)),
    )
    .toBuffer()
  return { apiKey: apiKeys.ListOffsets, apiVersion: 3, apiName: 'ListOffsets', body }
}

export function readListOffsets(body: Buffer): ListedOffset[] {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  const topics = reader.array(() => {
    reader.string()
    return reader.array(() => {
      const partition = reader.int32()
      const errorCode = reader.int16()
      reader.int64() // timestamp
      return { partition, errorCode, offset: reader.int64() }
    })
  })
  return topics.flat()
}
