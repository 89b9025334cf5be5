import type { Key, Sink, Source } from '@rtp/stream-core/extend'
import type { KafkaCheckpoints } from '../checkpoints/kafka-checkpoints.ts'
import { kafkaError } from '../errors.ts'
import type { KafkaConnectionOptions } from '../kafka-client.ts'
import { type ProducerOptions, TopicProducer } from '../producer/topic-producer.ts'
import type { Serde } from '../serde/serde.ts'
import { openWriter } from '../sink/kafka-sink.ts'
import { type KafkaSourceOptions, sourceOf } from '../source/kafka-source.ts'
import type { TopicSpec } from '../topics.ts'
import { RepartitionSinkWriter } from './repartition-sink-writer.ts'
import { UpstreamWatermarks } from './upstream-watermarks.ts'

export interface RepartitionOptions<T> extends KafkaConnectionOptions {
  /** The topic between the two jobs; of one writing job alone. */
  readonly topic: string
  /** The key that the second job goes by: records with the same key are in one partition. */
  readonly key: (value: T) => Key
  readonly value: Serde<T>
  /** Makes the topic, if there is none, whichever job comes first; `partitions` is the number of tasks of the second job. Default: a missing topic is an error. */
  readonly create?: Omit<TopicSpec, 'topic'>
  /** How long to wait for a broker at the start. Default 60,000. */
  readonly reachTimeoutMs?: number
}

/** How the second job reads; as for `kafkaSource`. */
export type RepartitionSourceOptions = Pick<
  KafkaSourceOptions<unknown>,
  | 'until'
  | 'partitions'
  | 'assignment'
  | 'groupId'
  | 'sessionTimeoutMs'
  | 'onBadRecord'
  | 'fetchBytes'
  | 'prefetchBytes'
  | 'maxBatchBytes'
>

export type RepartitionSinkOptions = Omit<ProducerOptions, 'lingerMs'>

/** A topic between two jobs, in which the records of a key are in one partition. */
export interface Repartition<T> {
  /** The key that was given: for `keyBy(topic.key, { partitionKey: true })`. */
  readonly key: (value: T) => Key
  /** Ends the first job, which must run with these checkpoints: `run(job, { store: checkpoints })`. */
  sink(checkpoints: KafkaCheckpoints, options?: RepartitionSinkOptions): Sink<T>
  /** Begins the second job: `from(topic.source()).withEventTime('record', sourceWatermarks())`. It may have any checkpoint store. */
  source(options?: RepartitionSourceOptions): Source<T>
}

/**
 * Writes a stream through a topic, so that a job may have several tasks although its key is not the key of the topic that it reads. Records
 * carry their event time, and every partition the watermarks of all tasks that write it, so windows of the second job close when they would with one task for
 * everything, and the same records are late. Exactly-once: the first job commits its positions and what it writes in one Kafka transaction, the second
 * reads committed records alone.
 *
 *     const byCustomer = repartition({ brokers, topic: 'orders-by-customer', key: order => order.customer, value, create: { partitions: 6 } })
 *     first.from(orders).withEventTime(...).sink(byCustomer.sink(checkpoints))
 *     second.from(byCustomer.source()).withEventTime('record', sourceWatermarks()).keyBy(byCustomer.key, { partitionKey: true })
 */
export function repartition<T>(options: RepartitionOptions<T>): Repartition<T> {
  const { topic, key, value } = options
  if (!topic) throw kafkaError('KAFKA_OPTION_INVALID', 'repartition: topic must be a name.')
  if (options.brokers.length === 0)
    throw kafkaError('KAFKA_OPTION_INVALID', 'repartition: brokers must name at least one broker.')
  return {
    key,
    sink({ scope }, producerOptions = {}) {
      return {
        name: `kafka repartition ${topic}`,
        rewrite: 'append',
        scope,
        open: context =>
          openWriter(options, context, async cluster => {
            const producer = await TopicProducer.openHeld(cluster, topic, producerOptions)
            return new RepartitionSinkWriter<T>(cluster, producer, { job: context.job, key, value })
          }),
      }
    },
    source: (sourceOptions = {}) => ({
      ...sourceOf<T, T>({
        ...options,
        ...sourceOptions,
        stamps: (place, from) => new UpstreamWatermarks(place, from),
      }),
      name: `kafka repartition ${topic}`,
    }),
  }
}
