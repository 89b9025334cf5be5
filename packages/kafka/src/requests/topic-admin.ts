import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** -1: what the broker's default says. */
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export interface TopicResult {
  readonly topic: string
  readonly errorCode: number
  readonly message: string | null
}

/** CreateTopics, version 3; goes to the controller. */
export function createTopicRequest(topic: NewTopic, timeoutMs: number): KafkaRequest {
  const body = new WireWriter()
    .array([topic], ({ topic: name, partitions, replicationFactor, configs }, writer) =>
      writer
        .string(name)
        .int32(partitions)
        .int16(replicationFactor)
        .array([], () => undefined)
        .array(Object.entries(configs), ([key, value]) => writer.string(key).nullableString(value)),
    )
    .int32(timeoutMs)
    .bool(false)
    .toBuffer()
  return { apiKey: apiKeys.CreateTopics, apiVersion: 3, apiName: 'CreateTopics', body, waitMs: timeoutMs }
}

export function readCreateTopics(body: Buffer): TopicResult[] {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  return reader.array(() => ({
    topic: reader.string(),
    errorCode: reader.int16(),
    message: reader.nullableString(),
  }))
}

/** DeleteTopics, version 1; goes to the controller. */
export function deleteTopicRequest(topic: string, timeoutMs: number): KafkaRequest {
  const body = new WireWriter()
    .array([topic], (name, writer) => writer.string(name))
    .int32(timeoutMs)
    .toBuffer()
  return { apiKey: apiKeys.DeleteTopics, apiVersion: 1, apiName: 'DeleteTopics', body, waitMs: timeoutMs }
}

export function readDeleteTopics(body: Buffer): TopicResult[] {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  return reader.array(() => ({ topic: reader.string(), errorCode: reader.int16(), message: null }))
}

export interface TopicConfigs {
  readonly errorCode: number
  readonly message: string | null
  readonly configs: ReadonlyMap<string, string | null>
}

/** DescribeConfigs, version 2, of one topic. */
export function describeTopicConfigsRequest(topic: string, names: readonly string[]): KafkaRequest {
  const body = new WireWriter()
    .array([topic], (name, writer) =>
      writer
        .int8(TOPIC_RESOURCE)
        .string(name)
        .array(names, config => writer.string(config)),
    )
    .bool(false)
    .toBuffer()
  return { apiKey: apiKeys.DescribeConfigs, apiVersion: 2, apiName: 'DescribeConfigs', body }
}

const TOPIC_RESOURCE = 2

export function readDescribeConfigs(body: Buffer): TopicConfigs[] {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  return reader.array(() => {
    const errorCode = reader.int16()
    const message = reader.nullableString()
    reader.int8() // resource type
    reader.string() // resource name
    const configs = reader.array(() => {
      const config = [reader.string(), reader.nullableString()] as const
      reader.skip(3) // read only, source, sensitive
      reader.array(() => {
        reader.string()
        reader.nullableString()
        reader.int8()
      })
      return config
    })
    return { errorCode, message, configs: new Map(configs) }
  })
}
