import type { RecordHeader } from '@rtp/kafka-protocol'
import type { Sink, SinkContext, TransactionScope } from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { openCluster } from '../cluster/open-cluster.ts'
import { kafkaError } from '../errors.ts'
import type { KafkaConnectionOptions } from '../kafka-client.ts'
import { type ProducerOptions, TopicProducer } from '../producer/topic-producer.ts'
import type { RecordKey } from '../record-key.ts'
import type { Serde } from '../serde/serde.ts'
import { checkPartitions, createTopic, type TopicSpec } from '../topics.ts'
import { KafkaSinkWriter } from './kafka-sink-writer.ts'

export interface KafkaSinkOptions<T> extends KafkaConnectionOptions, ProducerOptions {
  readonly topic: string
  readonly value: Serde<T>
  /** Records with the same key are in one partition, in order; placed as the Java client does. Default: no key, partitions take turns. */
  readonly key?: (value: T) => RecordKey
  /** Chooses the partition where the key does not. */
  readonly partition?: (value: T) => number
  readonly headers?: (value: T) => readonly RecordHeader[]
  /** Time of the record, epoch ms. Default: its event time, or the clock where it has none. */
  readonly timestamp?: (value: T) => number
  /** Makes the topic, if there is none, before the first record. Default: a missing topic is an error. */
  readonly create?: Omit<TopicSpec, 'topic'>
  /** Number of partitions that the topic must have. Default: any. */
  readonly partitions?: number
  /** How long to wait for a broker at the start. Default 60,000. */
  readonly reachTimeoutMs?: number
}

/**
 * Writes a Kafka topic: in order within a partition, acknowledged by all replicas in sync, each record once per run (idempotent). A
 * checkpoint waits until everything before it is acknowledged; records after the last checkpoint come again when a job restarts, so the
 * guarantee is at-least-once. For exactly-once see `kafkaCheckpoints`.
 */
export function kafkaSink<T>(options: KafkaSinkOptions<T>): Sink<T> {
  check(options)
  return {
    name: `kafka ${options.topic}`,
    rewrite: 'append',
    open: context =>
      openWriter(options, context, async cluster => {
        return new KafkaSinkWriter(cluster, await TopicProducer.open(cluster, options.topic, options), options)
      }),
  }
}

/** A Kafka sink that takes part in the transactions of the checkpoint store with this scope. */
export function transactionalSink<T>(options: KafkaSinkOptions<T>, scope: TransactionScope): Sink<T> {
  check(options)
  return {
    name: `kafka ${options.topic}`,
    rewrite: 'append',
    scope,
    open: context =>
      openWriter(options, context, async cluster => {
        return new KafkaSinkWriter(cluster, await TopicProducer.openHeld(cluster, options.topic, options), options)
      }),
  }
}

/** Opens the cluster, makes the topic where that is wanted, and then the writer. */
export async function openWriter<W extends { readonly partitions: number }>(
  options: Pick<
    KafkaSinkOptions<never>,
    keyof KafkaConnectionOptions | 'topic' | 'create' | 'partitions' | 'reachTimeoutMs'
  >,
  { clock, logger, signal }: SinkContext,
  openOn: (cluster: KafkaCluster) => Promise<W>,
): Promise<W> {
  const cluster = await openCluster(options, {
    clock,
    logger,
    signal,
    ...(options.reachTimeoutMs === undefined ? {} : { timeoutMs: options.reachTimeoutMs }),
  })
  try {
    if (options.create) await createTopic(cluster, { ...options.create, topic: options.topic })
    const writer = await openOn(cluster)
    if (options.partitions !== undefined) checkPartitions(options.topic, writer.partitions, options.partitions)
    return writer
  } catch (error) {
    await cluster.close()
    throw error
  }
}

function check({ topic, brokers }: Pick<KafkaSinkOptions<unknown>, 'topic' | 'brokers'>): void {
  if (!topic) throw kafkaError('KAFKA_OPTION_INVALID', 'kafkaSink: topic must be a name.')
  if (brokers.length === 0)
    throw kafkaError('KAFKA_OPTION_INVALID', 'kafkaSink: brokers must name at least one broker.')
}
