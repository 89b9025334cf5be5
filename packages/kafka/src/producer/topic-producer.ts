import {
  type CompressionName,
  type FieldWriter,
  noHeaders,
  RecordBatchEncoder,
  type RecordHeader,
} from '@rtp/kafka-protocol'
import type { StreamError } from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { TopicLeaders } from '../cluster/topic-leaders.ts'
import { kafkaError } from '../errors.ts'
import { PartitionQueue } from './partition-queue.ts'
import { type ProducerBatch, ProducerPart } from './producer-batch.ts'
import { idempotentSession, type ProducerSession } from './producer-session.ts'
import { Sender } from './sender.ts'

export interface ProducerOptions {
  /** Default 'none'. */
  readonly compression?: CompressionName
  /** How long a batch that is not full waits for more records. Default 5. */
  readonly lingerMs?: number
  /** Size of a full batch before compression. Default 256 KiB. */
  readonly batchBytes?: number
  /** Largest single record. Default 32 MiB; the broker's max.message.bytes (1 MiB by default) comes on top. */
  readonly maxRecordBytes?: number
  /** Unacknowledged bytes above which `ready` makes the writer wait. Default 32 MiB. */
  readonly bufferBytes?: number
  /** Time for a batch to be acknowledged, repetitions included. Default 120,000. */
  readonly deliveryTimeoutMs?: number
}

const DEFAULTS: Required<ProducerOptions> = {
  compression: 'none',
  lingerMs: 5,
  batchBytes: 256 * 1024,
  maxRecordBytes: 32 * 1024 * 1024,
  bufferBytes: 32 * 1024 * 1024,
  deliveryTimeoutMs: 120_000,
}

/**
 * Writes records to one topic: in order within a partition, each once (idempotent, KIP-98), acknowledged by all replicas in sync. Appending
 * is synchronous and only copies into the open batch of the partition; requests are made by a {@link Sender}.
 */
export class TopicProducer {
  readonly topic: string
  readonly partitions: number
  readonly #options: Required<ProducerOptions>
  readonly #cluster: KafkaCluster
  readonly #queues: readonly PartitionQueue[]
  readonly #sender: Sender
  readonly #spare: RecordBatchEncoder[] = []
  /** True: nothing is sent before its part is. */
  readonly #holds: boolean
  #session: ProducerSession | undefined
  #part: ProducerPart
  readonly #parts = new Set<ProducerPart>()
  #batchBytes: number
  #pendingBytes = 0
  #hasTimer = false
  #failure: StreamError | undefined
  #waitingForRoom: { resolve: () => void; reject: (cause: Error) => void }[] = []

  private constructor(
    cluster: KafkaCluster,
    leaders: TopicLeaders,
    options: Required<ProducerOptions>,
    session: ProducerSession | undefined,
  ) {
    this.#holds = session === undefined
    this.#session = session
    this.#part = new ProducerPart(this.#holds)
    this.topic = leaders.topic
    this.partitions = leaders.partitions
    this.#options = options
    this.#batchBytes = options.batchBytes
    this.#cluster = cluster
    this.#queues = Array.from({ length: leaders.partitions }, (_, partition) => new PartitionQueue(partition))
    this.#sender = new Sender(cluster, leaders, this.#queues, {
      compression: options.compression,
      deliveryTimeoutMs: options.deliveryTimeoutMs,
      isDue: queue => this.#isDue(queue),
      seal: queue => this.#sealBatch(queue),
      onAcknowledged: batch => this.#acknowledge(batch),
      onSplit: (batch, halves) => this.#replace(batch, halves),
      onFailure: cause => this.#fail(cause),
    })
  }

  /** Looks the topic up and gets a producer id. Throws KAFKA_TOPIC_MISSING and what asking a cluster throws. */
  static async open(cluster: KafkaCluster, topic: string, options: ProducerOptions = {}): Promise<TopicProducer> {
    const leaders = await TopicLeaders.of(cluster, topic)
    const all = { ...DEFAULTS, ...options }
    const producer = new TopicProducer(cluster, leaders, all, await idempotentSession(cluster, all.deliveryTimeoutMs))
    producer.#sender.use(producer.#session!)
    return producer
  }

  /** Like `open`, for transactions: holds everything back until `sendIn` or `send` says as whom it is sent. */
  static async openHeld(cluster: KafkaCluster, topic: string, options: ProducerOptions = {}): Promise<TopicProducer> {
    const leaders = await TopicLeaders.of(cluster, topic)
    return new TopicProducer(cluster, leaders, { ...DEFAULTS, ...options }, undefined)
  }

  /**
   * Appends a record; its value is written by `write` straight into the batch, a tombstone has none. `timestamp` in epoch milliseconds.
   * Throws KAFKA_RECORD_TOO_LARGE, and what has stopped the producer before.
   */
  append<T>(
    partition: number,
    timestamp: number,
    key: Uint8Array | string | null,
    value: T,
    write: FieldWriter<T> | undefined,
    headers: readonly RecordHeader[] = noHeaders,
  ): void {
    if (this.#failure) throw this.#failure
    const queue = this.#queues[partition]
    if (!queue)
      throw kafkaError(
        'KAFKA_OPTION_INVALID',
        `topic ${this.topic} has partitions 0 to ${this.partitions - 1}, a record was to go to ${partition}.`,
      )
    if (queue.open && tryAppend(queue.open.encoder, timestamp, key, value, write, headers)) return
    if (queue.open) {
      this.#sealBatch(queue)
      this.#sender.pump()
    }
    this.#startBatch(queue, timestamp, key, value, write, headers)
  }

  /** Undefined while more may be appended; else resolves when it may. Rejects when the producer has failed. */
  ready(): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#pendingBytes < this.#options.bufferBytes) return undefined
    return new Promise((resolve, reject) => this.#waitingForRoom.push({ resolve, reject }))
  }

  /** Batches of a partition that are complete: records without a key change partition when this grows. */
  sealedBatches(partition: number): number {
    return this.#queues[partition]?.sealedCount ?? 0
  }

  /** Cuts: what was appended since the last cut. Undefined when that is nothing. `send` brings all of it on its way. */
  cut(): ProducerPart | undefined {
    const part = this.#part
    if (part.records === 0) return undefined
    this.#part = new ProducerPart(this.#holds)
    for (const queue of this.#queues) if (queue.open) this.#sealBatch(queue)
    part.isHeld = true
    return part
  }

  /** Sends a part without waiting for more records, and resolves once all of it is acknowledged. */
  async send(part: ProducerPart): Promise<void> {
    this.#session ??= await idempotentSession(this.#cluster, this.#options.deliveryTimeoutMs)
    this.#sender.use(this.#session)
    await this.#release(part)
  }

  /**
   * Sends a part as this producer, whose transaction has the part's partitions in it already; resolves once all of it is acknowledged. One
   * part at a time, also where several topic producers share the session.
   */
  async sendIn(session: ProducerSession, part: ProducerPart): Promise<void> {
    const [oldest] = this.#parts
    if (oldest !== part)
      throw kafkaError(
        'KAFKA_CLOSED',
        `records for topic ${this.topic} that come before these were given up, so the order is lost. Open the sink anew.`,
      )
    this.#sender.use(session)
    await this.#release(part)
    for (const partition of part.partitions)
      session.setNextSequence(this.topic, partition, this.#queues[partition]!.nextSequence)
  }

  /** Resolves once everything appended so far is acknowledged. */
  async flush(): Promise<void> {
    this.cut()
    await Promise.all([...this.#parts].map(part => this.send(part)))
    if (this.#failure) throw this.#failure
  }

  /** Gives up what is not acknowledged yet. */
  close(): void {
    this.#sender.stop()
    this.#fail(kafkaError('KAFKA_CLOSED', `the producer of topic ${this.topic} was closed`))
  }

  #release(part: ProducerPart): Promise<void> {
    part.isHeld = false
    if (this.#holds) part.releasedAt = this.#cluster.clock.monotonic()
    this.#sender.pump()
    return part.done()
  }

  #startBatch<T>(
    queue: PartitionQueue,
    timestamp: number,
    key: Uint8Array | string | null,
    value: T,
    write: FieldWriter<T> | undefined,
    headers: readonly RecordHeader[],
  ): void {
    let encoder = this.#spare.pop() ?? new RecordBatchEncoder(this.#batchBytes)
    if (!tryAppend(encoder, timestamp, key, value, write, headers)) {
      this.#spare.push(encoder)
      // A record that is larger than a full batch goes alone.
      encoder = new RecordBatchEncoder(this.#options.maxRecordBytes)
      if (!tryAppend(encoder, timestamp, key, value, write, headers))
        throw kafkaError(
          'KAFKA_RECORD_TOO_LARGE',
          `a record for topic ${this.topic} is larger than the ${this.#options.maxRecordBytes} bytes allowed. Make it smaller, or raise maxRecordBytes and the topic's max.message.bytes.`,
        )
    }
    const part = this.#part
    part.opened()
    part.partitions.add(queue.partition)
    this.#parts.add(part)
    queue.open = {
      encoder,
      part,
      since: this.#cluster.clock.monotonic(),
      sequence: undefined,
      bytes: undefined,
    }
    part.records++
    if (!this.#holds) this.#startTimer()
  }

  #sealBatch(queue: PartitionQueue): void {
    const batch = queue.open
    if (!batch) return
    queue.open = undefined
    queue.sealed.push(batch)
    queue.sealedCount++
    batch.part.records += batch.encoder.count - 1
    batch.part.bytes += batch.encoder.byteLength
    this.#pendingBytes += batch.encoder.byteLength
  }

  #isDue(queue: PartitionQueue): boolean {
    if (this.#holds) return false
    return queue.open !== undefined && this.#cluster.clock.monotonic() - queue.open.since >= this.#options.lingerMs
  }

  #startTimer(): void {
    if (this.#hasTimer) return
    this.#hasTimer = true
    this.#cluster.clock.after(this.#options.lingerMs, () => {
      this.#hasTimer = false
      // What is open then is never sent, and a timer for it would keep the process alive.
      if (this.#failure) return
      this.#sender.pump()
      if (this.#queues.some(queue => queue.open !== undefined)) this.#startTimer()
    })
  }

  #acknowledge(batch: ProducerBatch): void {
    const { encoder, part } = batch
    this.#pendingBytes -= encoder.byteLength
    part.acknowledged()
    if (encoder.maxBytes === this.#batchBytes && this.#spare.length * encoder.maxBytes < this.#options.bufferBytes) {
      encoder.reset()
      this.#spare.push(encoder)
    }
    for (const known of this.#parts) if (known.isDone && known !== this.#part) this.#parts.delete(known)
    if (this.#pendingBytes >= this.#options.bufferBytes) return
    for (const { resolve } of this.#waitingForRoom) resolve()
    this.#waitingForRoom = []
  }

  /** Later batches keep to what the broker takes. */
  #replace(batch: ProducerBatch, halves: readonly ProducerBatch[]): void {
    const bytes = batch.encoder.byteLength
    for (const half of halves) this.#pendingBytes += half.encoder.byteLength
    this.#pendingBytes -= bytes
    this.#batchBytes = Math.min(this.#batchBytes, Math.max(1024, bytes >> 1))
    this.#spare.length = 0
  }

  #fail(cause: StreamError): void {
    this.#failure ??= cause
    for (const part of this.#parts) part.fail(cause)
    for (const { reject } of this.#waitingForRoom) reject(cause)
    this.#waitingForRoom = []
  }
}

function tryAppend<T>(
  encoder: RecordBatchEncoder,
  timestamp: number,
  key: Uint8Array | string | null,
  value: T,
  write: FieldWriter<T> | undefined,
  headers: readonly RecordHeader[],
): boolean {
  if (write === undefined) return encoder.tryAppend(timestamp, key, null, headers)
  return encoder.tryAppendWith(timestamp, key, value, write, headers)
}
