import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaConnection, KafkaRequest } from '../kafka-client.ts'

/** What a broker knows about brokers and the topics asked for. */
export interface ClusterMetadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
  readonly controllerId: number
  readonly topics: readonly TopicMetadata[]
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly topic: string
  /** 32 hexadecimal digits that another topic of the same name does not have; undefined from brokers that give topics none (before Kafka 2.8). */
  readonly id: string | undefined
  /** In the order of their numbers. */
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly errorCode: number
  readonly partition: number
  /** Node id, -1 while there is none. */
  readonly leader: number
}

/** The first version with what is needed of topic ids; of the flexible encoding. */
const VERSION_WITH_IDS = 12
const VERSION_WITHOUT = 6
const NO_ID = '0'.repeat(32)

/** Metadata, version 12, or 6 where the broker does not take that. Never creates a topic. */
export function metadataRequest(topics: readonly string[], broker: Pick<KafkaConnection, 'maxVersion'>): KafkaRequest {
  const hasIds = broker.maxVersion(apiKeys.Metadata) >= VERSION_WITH_IDS
  const body = hasIds ? bodyWithIds(topics) : bodyWithout(topics)
  return {
    apiKey: apiKeys.Metadata,
    apiVersion: hasIds ? VERSION_WITH_IDS : VERSION_WITHOUT,
    apiName: 'Metadata',
    body: body.toBuffer(),
  }
}

function bodyWithIds(topics: readonly string[]): WireWriter {
  return new WireWriter()
    .tags() // of the header
    .compactArray(topics, (topic, writer) => writer.uuid(NO_ID).compactNullableString(topic).tags())
    .bool(false) // no topic is made
    .bool(false) // nor is it asked what may be done with it
    .tags()
}

function bodyWithout(topics: readonly string[]): WireWriter {
  return new WireWriter().array(topics, (topic, writer) => writer.string(topic)).bool(false)
}

export function readMetadata(body: Buffer, version: number): ClusterMetadata {
  const reader = new WireReader(body)
  return version >= VERSION_WITH_IDS ? readWithIds(reader) : readWithout(reader)
}

function readWithIds(reader: WireReader): ClusterMetadata {
  reader.tags() // of the header
  reader.int32() // throttle time
  const brokers = reader.compactArray(() => {
    const broker = { nodeId: reader.int32(), host: reader.compactString(), port: reader.int32() }
    reader.compactNullableString() // rack
    reader.tags()
    return broker
  })
  reader.compactNullableString() // cluster id
  const controllerId = reader.int32()
  const topics = reader.compactArray(() => {
    const errorCode = reader.int16()
    const topic = reader.compactNullableString() ?? ''
    const id = reader.uuid()
    reader.bool() // internal
    const partitions = inOrder(reader.compactArray(readPartitionWithEpoch))
    reader.int32() // what may be done with it
    reader.tags()
    return { errorCode, topic, id: id === NO_ID ? undefined : id, partitions }
  })
  return { brokers, controllerId, topics }
}

function readPartitionWithEpoch(reader: WireReader): PartitionMetadata {
  const partition = { errorCode: reader.int16(), partition: reader.int32(), leader: reader.int32() }
  reader.int32() // leader epoch
  for (let list = 0; list < 3; list++) reader.compactArray(() => reader.int32()) // replicas, in sync, offline
  reader.tags()
  return partition
}

function readWithout(reader: WireReader): ClusterMetadata {
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
    return { errorCode, topic, id: undefined, partitions: inOrder(reader.array(readPartition)) }
  })
  return { brokers, controllerId, topics }
}

function readPartition(reader: WireReader): PartitionMetadata {
  const partition = { errorCode: reader.int16(), partition: reader.int32(), leader: reader.int32() }
  for (let list = 0; list < 3; list++) reader.array(() => reader.int32()) // replicas, in sync, offline
  return partition
}

function inOrder(partitions: PartitionMetadata[]): PartitionMetadata[] {
  return partitions.sort((one, other) => one.partition - other.partition)
}
