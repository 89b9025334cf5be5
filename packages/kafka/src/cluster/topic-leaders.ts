import type { StreamError } from '@rtp/stream-core/extend'
import { kafkaError } from '../errors.ts'
import type { TopicMetadata } from '../requests/metadata.ts'
import type { KafkaCluster } from './kafka-cluster.ts'

/** A topic that is not known for this long is gone; before that a broker may just have started. */
const MISSING_FOR_MS = 5_000

/** Which broker leads which partition of one topic, as last heard. */
export class TopicLeaders {
  readonly topic: string
  /** Tells it from another topic that gets its name after it; undefined where brokers give topics no ids. */
  readonly id: string | undefined
  readonly #cluster: KafkaCluster
  #leaders: readonly number[]
  #refreshing: Promise<void> | undefined
  #missingSince: number | undefined

  private constructor(cluster: KafkaCluster, metadata: TopicMetadata) {
    this.topic = metadata.topic
    this.id = metadata.id
    this.#cluster = cluster
    this.#leaders = leadersOf(metadata)
  }

  /** Throws KAFKA_TOPIC_MISSING when there is no such topic. */
  static async of(cluster: KafkaCluster, topic: string): Promise<TopicLeaders> {
    const metadata = await cluster.topic(topic)
    if (!metadata) throw missingTopic(cluster, topic)
    return new TopicLeaders(cluster, metadata)
  }

  get partitions(): number {
    return this.#leaders.length
  }

  /** Node id of the leader, -1 while there is none. */
  leaderOf(partition: number): number {
    return this.#leaders[partition] ?? -1
  }

  /**
   * Asks again; callers at the same time share one question. Throws KAFKA_TOPIC_MISSING once the topic has been away for some seconds,
   * KAFKA_TOPIC_REPLACED when another one has its name, and what asking a cluster throws.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    const metadata = await this.#cluster.topic(this.topic)
    if (metadata && metadata.partitions.length > 0) {
      if (this.id !== undefined && metadata.id !== undefined && this.id !== metadata.id)
        throw replacedTopic(this.#cluster, this.topic)
      this.#leaders = leadersOf(metadata)
      this.#missingSince = undefined
      return
    }
    const now = this.#cluster.clock.monotonic()
    this.#missingSince ??= now
    this.#leaders = this.#leaders.map(() => -1)
    if (now - this.#missingSince >= MISSING_FOR_MS)
      throw kafkaError(
        'KAFKA_TOPIC_MISSING',
        `topic ${this.topic} at ${this.#cluster.name} was deleted while it was in use. Create it again and start the job anew; positions in the old topic mean nothing in the new one.`,
      )
  }
}

function replacedTopic(cluster: KafkaCluster, topic: string): StreamError {
  return kafkaError(
    'KAFKA_TOPIC_REPLACED',
    `topic ${topic} at ${cluster.name} was deleted and made anew while it was in use. What it held is gone, and positions in it mean nothing in the new one. ` +
      'To read the new one, start the job under a new name, or give the source another name and the old one to run() with dropState; to write to it, start the job again.',
  )
}

export function missingTopic(cluster: KafkaCluster, topic: string): StreamError {
  return kafkaError(
    'KAFKA_TOPIC_MISSING',
    `there is no topic ${topic} at ${cluster.name}, or this user may not see it. Create it, e.g. with ensureTopic(), or correct the name.`,
  )
}

function leadersOf({ partitions }: TopicMetadata): number[] {
  const leaders: number[] = []
  for (const { partition, leader } of partitions) leaders[partition] = leader
  return Array.from(leaders, leader => leader ?? -1)
}
