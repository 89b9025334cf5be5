import { type FieldWriter, noHeaders } from '@rtp/kafka-protocol'
import { type Batch, messageOf, type SealedOutput, type SinkWriter, StreamError } from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import type { ProducerPart } from '../producer/producer-batch.ts'
import type { TopicProducer } from '../producer/topic-producer.ts'
import { KeyPlacement, keyContent } from '../record-key.ts'
import { TransactionalProducer } from '../transactions/transactional-producer.ts'
import type { KafkaSinkOptions } from './kafka-sink.ts'

/** An open Kafka sink. */
export class KafkaSinkWriter<T> implements SinkWriter<T> {
  readonly #cluster: KafkaCluster
  readonly #producer: TopicProducer
  readonly #options: KafkaSinkOptions<T>
  readonly #placement: KeyPlacement
  readonly #write: FieldWriter<T>
  /** Where records without a key go until its batch is full: a batch each is better than a record each. */
  #sticky = 0
  #stickyBatches = 0

  constructor(cluster: KafkaCluster, producer: TopicProducer, options: KafkaSinkOptions<T>) {
    this.#cluster = cluster
    this.#producer = producer
    this.#options = options
    this.#placement = new KeyPlacement(producer.partitions)
    this.#write = options.value.encoder()
  }

  get partitions(): number {
    return this.#producer.partitions
  }

  write(batch: Batch<T>): void {
    const { values, times, size } = batch
    const { timestamp, headers, value: serde } = this.#options
    const producer = this.#producer
    // One look at the clock serves a batch: one per record was up to a quarter of what a record costs.
    const now = this.#cluster.clock.now()
    let index = 0
    try {
      for (; index < size; index++) {
        const value = values[index] as T
        const key = this.#options.key?.(value) ?? null
        const content = key === null ? null : keyContent(key)
        const isTombstone = serde.ofNull !== undefined && value === serde.ofNull.value
        producer.append(
          this.#partitionOf(value, content),
          timestamp ? timestamp(value) : timeOf(times[index]!, now),
          content,
          value,
          isTombstone ? undefined : this.#write,
          headers ? headers(value) : noHeaders,
        )
      }
    } catch (cause) {
      throw this.#failed(cause, batch, index)
    }
  }

  ready(): Promise<void> | undefined {
    return this.#producer.ready()
  }

  seal(): SealedOutput | undefined {
    const producer = this.#producer
    const part = producer.cut()
    if (part === undefined) return undefined
    return {
      records: part.records,
      bytes: part.bytes,
      flush: () => producer.send(part),
      join: async transaction => {
        await joinTransaction(transaction, producer, part)
      },
    }
  }

  async close(): Promise<void> {
    this.#producer.close()
    await this.#cluster.close()
  }

  #partitionOf(value: T, key: string | Uint8Array | null): number {
    const chosen = this.#options.partition?.(value)
    if (chosen !== undefined) return chosen
    if (key !== null) return this.#placement.partitionOf(key)
    if (this.#producer.sealedBatches(this.#sticky) !== this.#stickyBatches) {
      this.#sticky = (this.#sticky + 1) % this.#producer.partitions
      this.#stickyBatches = this.#producer.sealedBatches(this.#sticky)
    }
    return this.#sticky
  }

  #failed(cause: unknown, batch: Batch<T>, index: number): StreamError {
    const { topic } = this.#options
    if (cause instanceof StreamError && !cause.code.startsWith('KAFKA_VALUE')) return cause
    const offset = batch.offsets[index]
    const place = batch.origin && { source: batch.origin.source, partition: batch.origin.partition, offset }
    return new StreamError(
      cause instanceof StreamError ? cause.code : 'SINK_FAILED',
      `a record for topic ${topic}${place ? ` (from ${place.partition}, offset ${offset})` : ''} cannot be written: ${textOf(cause)}`,
      { cause, ...(place ? { place } : {}) },
    )
  }
}

/** Sends a part of a checkpoint within its transaction. */
export async function joinTransaction(
  transaction: unknown,
  producer: TopicProducer,
  part: ProducerPart,
): Promise<void> {
  const { topic } = producer
  if (!(transaction instanceof TransactionalProducer))
    throw new StreamError(
      'SINK_FAILED',
      `the sink of topic ${topic} can join the transactions of its own kafkaCheckpoints() value alone.`,
    )
  await transaction.add(topic, part.partitions)
  await producer.sendIn(transaction.session, part)
}

/** Whole milliseconds, as the format wants them. */
function timeOf(eventTime: number, now: number): number {
  return Number.isFinite(eventTime) ? Math.floor(eventTime) : now
}

function textOf(cause: unknown): string {
  return cause instanceof StreamError ? cause.message.slice(cause.code.length + 2) : messageOf(cause)
}
