import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

/** What a broker knows about brokers and the topics asked for. */
export interface ClusterMetadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
  readonly controllerId: number
  readonly topics: readonly TopicMetadata[]
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly topic: string
  /** In the order of their numbers. */
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly errorCode: number
  readonly partition: number
  /** Node id, -1 while there is none. */
  readonly leader: number
}

/** Metadata, version 6. Never creates a topic. */
export function metadataRequest(topics: readonly string[]): KafkaRequest {
  const body = new WireWriter()
    .array(topics, (topic, writer) => writer.string(topic))
    .bool(false)
    .toBuffer()
  return { apiKey: apiKeys.Metadata, apiVersion: 6, apiName: 'Metadata', body }
}

export function readMetadata(body: Buffer): ClusterMetadata {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  const brokers = reader.array(() => {
    const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() }
    reader.nullableString() // rack
    return broker
  })
  reader.nullableString() // cluster id
  const controllerId = reader.int32()
  const topics = reader.array(() => {
    const errorCode = reader.int16()
    const topic = reader.string()
    reader.bool() // internal
    const partitions = reader.array(readPartition).sort((one, other) => one.partition - other.partition)
    return { errorCode, topic, partitions }
  })
  return { brokers, controllerId, topics }
}

function readPartition(reader: WireReader): PartitionMetadata {
  const partition = { errorCode: reader.int16(), partition: reader.int32(), leader: reader.int32() }
  for (let list = 0; list < 3; list++) reader.array(() => reader.int32()) // replicas, in sync, offline
  return partition
}
