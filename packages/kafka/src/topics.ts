import { errorCodes } from '@rtp/kafka-protocol'
import { StreamError } from '@rtp/stream-core/extend'
import { BackOff, pause } from './cluster/back-off.ts'
import type { KafkaCluster } from './cluster/kafka-cluster.ts'
import { type OpenOptions, openCluster } from './cluster/open-cluster.ts'
import { TopicLeaders } from './cluster/topic-leaders.ts'
import { brokerError, isRetriableBrokerError, kafkaError } from './errors.ts'
import { listOffsets } from './fetcher/list-offsets.ts'
import type { KafkaConnectionOptions } from './kafka-client.ts'
import { earliest, latest } from './requests/list-offsets.ts'
import {
  createTopicRequest,
  deleteTopicRequest,
  describeTopicConfigsRequest,
  readCreateTopics,
  readDeleteTopics,
  readDescribeConfigs,
} from './requests/topic-admin.ts'

export interface TopicSpec {
  readonly topic: string
  /** Default 1. */
  readonly partitions?: number
  /** Default: the broker's default. */
  readonly replicationFactor?: number
  /** Topic configuration by name, e.g. `{ 'retention.ms': '-1' }`. */
  readonly configs?: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  /** How long records are kept, counted from their timestamps; +Infinity: for ever; undefined: the broker does not say. */
  readonly retentionMs: number | undefined
  /** Largest batch that the topic takes. */
  readonly maxMessageBytes: number | undefined
  /** `delete`, `compact` or both; undefined: the broker does not say. */
  readonly cleanupPolicy: string | undefined
}

/** Offsets of each partition in the order of their numbers. */
export interface TopicOffsets {
  /** The first that is there. */
  readonly earliest: readonly number[]
  /** Behind the last committed record. */
  readonly latest: readonly number[]
}

/** How long administration waits for the cluster to agree. */
const ADMIN_TIMEOUT_MS = 30_000

/** Waits until a broker answers. Throws KAFKA_UNREACHABLE with what to check, KAFKA_AUTHENTICATION_FAILED, KAFKA_TLS_FAILED. */
export function waitForKafka(connection: KafkaConnectionOptions, options?: OpenOptions): Promise<void> {
  return withCluster(connection, options, async () => undefined)
}

/** Makes a topic if there is none of that name, and waits until it can be used. A topic that exists keeps its partitions and configuration. */
export function ensureTopic(
  connection: KafkaConnectionOptions,
  spec: TopicSpec,
  options?: OpenOptions,
): Promise<TopicDescription & { readonly created: boolean }> {
  return withCluster(connection, options, async cluster => {
    const created = await createTopic(cluster, spec)
    return { ...(await describe(cluster, spec.topic))!, created }
  })
}

/** What a topic is like; undefined when there is none. */
export function describeTopic(
  connection: KafkaConnectionOptions,
  topic: string,
  options?: OpenOptions,
): Promise<TopicDescription | undefined> {
  return withCluster(connection, options, cluster => describe(cluster, topic))
}

/** Where a topic begins and ends now. Throws KAFKA_TOPIC_MISSING. */
export function topicOffsets(
  connection: KafkaConnectionOptions,
  topic: string,
  options?: OpenOptions,
): Promise<TopicOffsets> {
  return withCluster(connection, options, async cluster => {
    const leaders = await TopicLeaders.of(cluster, topic)
    const all = Array.from({ length: leaders.partitions }, (_, partition) => partition)
    return {
      earliest: await listOffsets(cluster, leaders, all, earliest, true),
      latest: await listOffsets(cluster, leaders, all, latest, true),
    }
  })
}

/** Deletes a topic; false when there was none. */
export function deleteTopic(
  connection: KafkaConnectionOptions,
  topic: string,
  options?: OpenOptions,
): Promise<boolean> {
  return withCluster(connection, options, async cluster => {
    const [result] = await cluster.sendToController(deleteTopicRequest(topic, ADMIN_TIMEOUT_MS), readDeleteTopics)
    if (result?.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) return false
    if (result && result.errorCode !== 0) throw brokerError(result.errorCode, `deleting topic ${topic}`)
    return true
  })
}

/**
 * What will be lost: brokers delete by the records' timestamps, so records with an event time older than the retention are gone minutes after
 * they were written, read or not. Undefined when there is nothing to warn of.
 */
export function retentionWarning(
  { topic, retentionMs }: TopicDescription,
  oldestTimeMs: number,
  nowMs: number,
): string | undefined {
  if (retentionMs === undefined || nowMs - oldestTimeMs < retentionMs) return undefined
  const days = (ms: number): string => `${Math.round(ms / 8_640_000) / 10} days`
  return (
    `topic ${topic} keeps records for ${days(retentionMs)}, but records are as old as ${days(nowMs - oldestTimeMs)} ` +
    `(${new Date(oldestTimeMs).toISOString()}): the broker may delete them before they are read. Set retention.ms=-1 on the topic.`
  )
}

/** Throws KAFKA_TOPIC_PARTITIONS unless the topic has as many partitions as wanted. */
export function checkPartitions(topic: string, found: number, wanted: number): void {
  if (found !== wanted)
    throw kafkaError(
      'KAFKA_TOPIC_PARTITIONS',
      `topic ${topic} has ${found} partitions, ${wanted} are expected. Change the expectation, or make another topic: a number that grows sends keys to other partitions than before.`,
    )
}

/** True when it was made now. */
export async function createTopic(cluster: KafkaCluster, spec: TopicSpec): Promise<boolean> {
  const { topic, partitions = 1, replicationFactor = -1, configs = {} } = spec
  const created = await attempts(cluster, async () => {
    const found = await cluster.topic(topic)
    if (found) return false
    const request = createTopicRequest({ topic, partitions, replicationFactor, configs }, ADMIN_TIMEOUT_MS)
    const [result] = await cluster.sendToController(request, readCreateTopics)
    if (!result || result.errorCode === 0) return true
    if (result.errorCode === errorCodes.TOPIC_ALREADY_EXISTS) return false
    const error = brokerError(result.errorCode, `creating topic ${topic} with ${partitions} partitions`)
    throw result.message ? new StreamError(error.code, `${textOf(error)} ${result.message}`, error) : error
  })
  // Metadata of a new topic spread from broker to broker, and its partitions get their leaders one after the other.
  await attempts(cluster, async () => {
    const found = await cluster.topic(topic)
    if (!found || found.partitions.length === 0 || found.partitions.some(({ leader }) => leader < 0))
      throw kafkaError('KAFKA_REQUEST_FAILED', `topic ${topic} has no leader for each partition yet`, {
        retryable: true,
      })
  })
  return created
}

/** What a topic is like; undefined when there is none. */
export async function describe(cluster: KafkaCluster, topic: string): Promise<TopicDescription | undefined> {
  const found = await cluster.topic(topic)
  if (!found) return undefined
  const configs = await topicConfigs(cluster, topic)
  const retention = numberOf(configs.get('retention.ms'))
  return {
    topic,
    partitions: found.partitions.length,
    retentionMs: retention !== undefined && retention < 0 ? Number.POSITIVE_INFINITY : retention,
    maxMessageBytes: numberOf(configs.get('max.message.bytes')),
    cleanupPolicy: configs.get('cleanup.policy') ?? undefined,
  }
}

/** Empty where the user may not ask, or the broker does not answer such questions: a job can do without. */
async function topicConfigs(cluster: KafkaCluster, topic: string): Promise<ReadonlyMap<string, string | null>> {
  try {
    const request = describeTopicConfigsRequest(topic, ['retention.ms', 'max.message.bytes', 'cleanup.policy'])
    const [result] = await cluster.sendToAny(request, readDescribeConfigs)
    if (result && isRetriableBrokerError(result.errorCode))
      throw brokerError(result.errorCode, `describing topic ${topic}`)
    return result?.errorCode === 0 ? result.configs : new Map()
  } catch (error) {
    cluster.logger.debug(`the configuration of topic ${topic} is not known: ${String(error)}`)
    return new Map()
  }
}

/** Repeats what may go away. */
async function attempts<T>(cluster: KafkaCluster, work: () => Promise<T>): Promise<T> {
  const backOff = new BackOff(50, 1_000)
  const until = cluster.clock.monotonic() + ADMIN_TIMEOUT_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StreamError && error.retryable) || cluster.clock.monotonic() > until) throw error
      await pause(cluster.clock, backOff.nextMs(), cluster.signal)
    }
  }
}

async function withCluster<T>(
  connection: KafkaConnectionOptions,
  options: OpenOptions | undefined,
  work: (cluster: KafkaCluster) => Promise<T>,
): Promise<T> {
  const cluster = await openCluster(connection, options)
  try {
    return await work(cluster)
  } finally {
    await cluster.close()
  }
}

function numberOf(text: string | null | undefined): number | undefined {
  const value = text ? Number(text) : Number.NaN
  return Number.isNaN(value) ? undefined : value
}

/** A StreamError's message without the code in front, which a new one puts there again. */
function textOf(error: StreamError): string {
  return error.message.slice(error.code.length + 2)
}
