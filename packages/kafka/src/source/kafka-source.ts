import type { Source } from '@rtp/stream-core/extend'
import { openCluster } from '../cluster/open-cluster.ts'
import { kafkaError } from '../errors.ts'
import type { KafkaConnectionOptions } from '../kafka-client.ts'
import type { Serde } from '../serde/serde.ts'
import type { KafkaRecord } from './kafka-record.ts'
import { type KafkaSessionOptions, KafkaSourceSession } from './kafka-source-session.ts'

export interface KafkaSourceOptions<V> extends KafkaConnectionOptions {
  readonly topic: string
  readonly value: Serde<V>
  /** Where a job begins that has no checkpoint yet. Default 'earliest'. A timestamp (epoch ms): the first record with it or a later one. */
  readonly start?: 'earliest' | 'latest' | { readonly timestamp: number }
  /** 'end': reads what the topic holds when the job starts, then stops. Default: reads on for ever. */
  readonly until?: 'end'
  /** Number of partitions that the topic must have; checked before the first record. Default: any. */
  readonly partitions?: number
  /**
   * Which partitions this process reads. 'group': those that the consumer group gives it; processes of the same job share the topic.
   * A list: these, always. 'all': all of them. Default: 'group' where the plan can share partitions between processes, else 'all'.
   */
  readonly assignment?: 'group' | 'all' | readonly number[]
  /** Default: the job's name. The same for all sources of a job that share partitions. */
  readonly groupId?: string
  /** How long a silent process keeps its partitions; of several sources of a job, the shortest. Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** What becomes of records that cannot be decoded when nobody takes `badRecords()`. Default 'fail'. */
  readonly onBadRecord?: 'fail' | 'skip'
  /** True: records of open and aborted transactions are read too. Default false. */
  readonly readUncommitted?: boolean
  /**
   * Whether a record's key decides its partition as the Java client and `kafkaSink` place it. False for topics that are written with another
   * partitioner: a keyed job then runs as one task. Default true.
   */
  readonly partitionedByKey?: boolean
  /** Bytes that one fetch brings for a partition. Default 1 MiB, less with more than 32 partitions. */
  readonly fetchBytes?: number
  /** Bytes that are read ahead for a partition. Default 2 MiB, less with more than 32 partitions: 64 MiB for all. */
  readonly prefetchBytes?: number
  /** Most that one compressed batch may expand to. Default 64 MiB. */
  readonly maxBatchBytes?: number
  /** How long to wait for a broker at the start. Default 60,000. */
  readonly reachTimeoutMs?: number
}

/** Makes a value of what the serde gives and the record around it: key, headers, position. */
export type KafkaSelect<V, T> = (value: V, record: KafkaRecord) => T

/**
 * Reads a Kafka topic, with one source partition for each of its partitions. The job's checkpoint holds the positions, never Kafka; a
 * position that is not in the topic any more stops the job. Checksums are checked, records of aborted transactions left out.
 *
 *     kafkaSource({ brokers: ['localhost:9092'], topic: 'readings', value: json({ sensor: field.integer(), value: field.number() }) })
 */
export function kafkaSource<V, T>(options: KafkaSourceOptions<V> & { readonly select: KafkaSelect<V, T> }): Source<T>
export function kafkaSource<V>(options: KafkaSourceOptions<V>): Source<V>
export function kafkaSource<V, T>(
  options: KafkaSourceOptions<V> & { readonly select?: KafkaSelect<V, T> },
): Source<V | T> {
  return sourceOf(options)
}

/** The source of a topic, with stamps or without. */
export function sourceOf<V, T>(options: KafkaSessionOptions<V, T>): Source<V | T> {
  check(options)
  return {
    name: `kafka ${options.topic}`,
    bounded: options.until === 'end',
    recordTimes: true,
    shareable: options.assignment !== 'all',
    ...(options.stamps === undefined ? {} : { watermarks: true }),
    onBadRecord: options.onBadRecord ?? 'fail',
    async open(context) {
      const { clock, logger, signal } = context
      const cluster = await openCluster(options, {
        clock,
        logger,
        signal,
        ...(options.reachTimeoutMs === undefined ? {} : { timeoutMs: options.reachTimeoutMs }),
      })
      try {
        return await KafkaSourceSession.open(cluster, context, options)
      } catch (error) {
        await cluster.close()
        throw error
      }
    },
  }
}

function check(options: Omit<KafkaSourceOptions<unknown>, 'value'>): void {
  if (!options.topic) throw kafkaError('KAFKA_OPTION_INVALID', 'kafkaSource: topic must be a name.')
  for (const name of ['fetchBytes', 'prefetchBytes', 'maxBatchBytes', 'sessionTimeoutMs', 'partitions'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw kafkaError('KAFKA_OPTION_INVALID', `kafkaSource: ${name} must be a positive integer, got ${value}.`)
  }
  if (options.brokers.length === 0)
    throw kafkaError('KAFKA_OPTION_INVALID', 'kafkaSource: brokers must name at least one broker.')
}
