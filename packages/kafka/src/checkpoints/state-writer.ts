import { writeBytes, writeText } from '@rtp/kafka-protocol'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { TopicProducer } from '../producer/topic-producer.ts'
import type { TransactionalProducer } from '../transactions/transactional-producer.ts'
import { chunkKey, type SnapshotPlace, type StateTask, taskKey, writeStateTask } from './state-records.ts'

/** Most of a snapshot that one record holds: well below the 1 MiB that brokers take by default. */
const CHUNK_BYTES = 192 * 1024
/** Key, lengths and the batch's header, generously. */
const OVERHEAD_BYTES = 2 * 1024

/** Writes records of a state topic into a transaction. */
export class StateWriter {
  readonly #topic: string
  readonly #job: string
  readonly #cluster: KafkaCluster
  readonly #producer: TopicProducer
  readonly #chunkBytes: number

  /** `maxMessageBytes`: largest batch that the topic takes, where it is known. */
  static async open(
    cluster: KafkaCluster,
    job: string,
    topic: string,
    maxMessageBytes = Number.POSITIVE_INFINITY,
  ): Promise<StateWriter> {
    const chunkBytes = Math.max(1, Math.min(CHUNK_BYTES, maxMessageBytes - OVERHEAD_BYTES))
    const batchBytes = chunkBytes + OVERHEAD_BYTES
    return new StateWriter(
      cluster,
      job,
      topic,
      await TopicProducer.openHeld(cluster, topic, { batchBytes }),
      chunkBytes,
    )
  }

  private constructor(cluster: KafkaCluster, job: string, topic: string, producer: TopicProducer, chunkBytes: number) {
    this.#cluster = cluster
    this.#job = job
    this.#topic = topic
    this.#producer = producer
    this.#chunkBytes = chunkBytes
  }

  /** Where a snapshot will be that the checkpoint with this sequence writes. */
  placeFor(sequence: number, snapshot: Uint8Array): SnapshotPlace {
    return { sequence, chunks: Math.ceil(snapshot.length / this.#chunkBytes), bytes: snapshot.length }
  }

  task(name: string, task: StateTask): void {
    this.#append(taskKey(name), writeStateTask(this.#job, task))
  }

  snapshot(task: string, { sequence, chunks }: SnapshotPlace, snapshot: Uint8Array): void {
    for (let index = 0; index < chunks; index++) {
      const from = index * this.#chunkBytes
      this.#append(chunkKey(task, sequence, index), snapshot.subarray(from, from + this.#chunkBytes))
    }
  }

  /** Deletes a snapshot that no restore needs any more. */
  forget(task: string, { sequence, chunks }: SnapshotPlace): void {
    for (let index = 0; index < chunks; index++) this.#append(chunkKey(task, sequence, index), null)
  }

  /** Sends what was appended as part of the producer's transaction. */
  async sendIn(transaction: TransactionalProducer): Promise<void> {
    const part = this.#producer.cut()
    if (part === undefined) return
    await transaction.add(this.#topic, part.partitions)
    await this.#producer.sendIn(transaction.session, part)
  }

  close(): void {
    this.#producer.close()
  }

  #append(key: string, value: string | Uint8Array | null): void {
    const now = Math.floor(this.#cluster.clock.now())
    if (value === null) this.#producer.append(PARTITION, now, key, null, undefined)
    else if (typeof value === 'string') this.#producer.append(PARTITION, now, key, value, writeText)
    else this.#producer.append(PARTITION, now, key, value, writeBytes)
  }
}

const PARTITION = 0
