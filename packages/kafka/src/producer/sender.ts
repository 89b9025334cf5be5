import { type CompressionName, errorCodes } from '@rtp/kafka-protocol'
import { StreamError } from '@rtp/stream-core/extend'
import { pause } from '../cluster/back-off.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import type { TopicLeaders } from '../cluster/topic-leaders.ts'
import { codecFor } from '../compression/compression.ts'
import { asKafkaError, brokerError, isProducerFenced, kafkaError, producerFenced } from '../errors.ts'
import { produceRequest, readProduce } from '../requests/produce.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerSession } from './producer-session.ts'
import { splitBatch } from './split-batch.ts'

export interface SenderOptions {
  readonly compression: CompressionName
  readonly deliveryTimeoutMs: number
  /** True when the partition's open batch has waited long enough. */
  isDue(queue: PartitionQueue): boolean
  /** Closes the partition's open batch. */
  seal(queue: PartitionQueue): void
  onAcknowledged(batch: ProducerBatch): void
  /** A batch was refused as too large and is replaced by these. */
  onSplit(batch: ProducerBatch, halves: readonly ProducerBatch[]): void
  onFailure(cause: StreamError): void
}

/** Requests under way to one broker; each has other partitions in it. */
const IN_FLIGHT = 5
/** Batches in one request, in bytes. */
const REQUEST_BYTES = 1024 * 1024
/** How long a broker may wait for its replicas. */
const REPLICATION_TIMEOUT_MS = 30_000

/**
 * Sends the batches of one topic. At most one batch of a partition is under way, and its records have the same numbers in every attempt: so
 * the order cannot change, and a batch that was written although its answer got lost is recognised by the broker.
 */
export class Sender {
  readonly #cluster: KafkaCluster
  readonly #leaders: TopicLeaders
  readonly #queues: readonly PartitionQueue[]
  readonly #options: SenderOptions
  readonly #inFlight = new Map<number, number>()
  readonly #stopping = new AbortController()
  #session: ProducerSession | undefined
  #isPumping = false

  constructor(cluster: KafkaCluster, leaders: TopicLeaders, queues: readonly PartitionQueue[], options: SenderOptions) {
    this.#cluster = cluster
    this.#leaders = leaders
    this.#queues = queues
    this.#options = options
  }

  /** Sends as this producer from now on, and goes on with its numbers. Nothing may be under way. */
  use(session: ProducerSession): void {
    // The numbers of a transactional producer are shared by all who send for it.
    if (session === this.#session && session.transactionalId === null) return
    this.#session = session
    for (const queue of this.#queues) queue.nextSequence = session.nextSequence(this.#leaders.topic, queue.partition)
  }

  stop(): void {
    this.#stopping.abort()
  }

  /** Sends what may be sent now; called whenever that may have changed. */
  pump(): void {
    if (this.#isPumping || this.#stopping.signal.aborted) return
    this.#isPumping = true
    try {
      for (const [leader, queues] of this.#sendable()) this.#sendTo(leader, queues)
    } finally {
      this.#isPumping = false
    }
  }

  #sendable(): Map<number, PartitionQueue[]> {
    const byLeader = new Map<number, PartitionQueue[]>()
    for (const queue of this.#queues) {
      if (queue.isBusy) continue
      if (queue.sealed.length === 0 && this.#options.isDue(queue)) this.#options.seal(queue)
      if (queue.sealed.length === 0 || queue.sealed[0]!.part.isHeld) continue
      const leader = this.#leaders.leaderOf(queue.partition)
      const others = byLeader.get(leader)
      if (others) others.push(queue)
      else byLeader.set(leader, [queue])
    }
    return byLeader
  }

  #sendTo(leader: number, queues: readonly PartitionQueue[]): void {
    let first = 0
    while (first < queues.length && (this.#inFlight.get(leader) ?? 0) < IN_FLIGHT) {
      let bytes = 0
      let last = first
      while (last < queues.length && (last === first || bytes < REQUEST_BYTES))
        bytes += queues[last++]!.sealed[0]!.encoder.byteLength
      const chosen = queues.slice(first, last)
      first = last
      for (const queue of chosen) queue.isBusy = true
      this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 0) + 1)
      this.#send(leader, chosen)
        .catch(cause =>
          this.#fail(asKafkaError(cause, 'KAFKA_REQUEST_FAILED', `writing to topic ${this.#leaders.topic}`)),
        )
        .finally(() => {
          this.#inFlight.set(leader, this.#inFlight.get(leader)! - 1)
          this.pump()
        })
    }
  }

  async #send(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    const again: PartitionQueue[] = []
    let reason: StreamError | undefined
    try {
      const partitions = []
      for (const queue of queues) {
        const batch = queue.sealed[0]!
        batch.bytes ??= await this.#finish(batch, queue.number(batch))
        partitions.push({ partition: queue.partition, batch: batch.bytes })
      }
      const { topic } = this.#leaders
      const request = produceRequest(topic, partitions, REPLICATION_TIMEOUT_MS, this.#producer().transactionalId)
      const results = await this.#cluster.send(leader, request, readProduce)
      for (const queue of queues) {
        const result = results.find(({ partition }) => partition === queue.partition)
        const error = result
          ? this.#settle(queue, result.errorCode)
          : kafkaError('KAFKA_PROTOCOL', `the answer to Produce leaves out partition ${queue.partition}`)
        if (!error) continue
        if (!error.retryable) throw error
        again.push(queue)
        reason = error
      }
    } catch (error) {
      if (!(error instanceof StreamError && error.retryable)) throw error
      again.push(...queues)
      reason = error
    }
    if (reason && again.length > 0) void this.#retry(again, reason)
  }

  async #finish(batch: ProducerBatch, baseSequence: number): Promise<Buffer> {
    const { compression } = this.#options
    const { producerId, producerEpoch, transactionalId } = this.#producer()
    const producer = { producerId, producerEpoch, baseSequence }
    const transactional = transactionalId !== null
    if (compression === 'none') return batch.encoder.finish({ producer, transactional })
    const codec = await codecFor(compression)
    return batch.encoder.finish({
      producer,
      transactional,
      compressed: { type: compression, bytes: await codec.compress(batch.encoder.records()) },
    })
  }

  /** Deals with the answer for the head of a queue; an error is left to the caller: a retryable one leaves the head where it is. */
  #settle(queue: PartitionQueue, errorCode: number): StreamError | undefined {
    const batch = queue.sealed[0]!
    switch (errorCode) {
      case 0:
      // It was written by an attempt whose answer got lost.
      case errorCodes.DUPLICATE_SEQUENCE_NUMBER:
        queue.sealed.shift()
        queue.isBusy = false
        queue.attempts = 0
        this.#options.onAcknowledged(batch)
        return undefined
      case errorCodes.MESSAGE_TOO_LARGE:
      case errorCodes.RECORD_LIST_TOO_LARGE:
        return this.#split(queue, batch)
      case errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER:
      case errorCodes.UNKNOWN_PRODUCER_ID:
        return kafkaError(
          'KAFKA_SEQUENCE_LOST',
          `topic ${this.#leaders.topic}, partition ${queue.partition}: the broker does not have what it acknowledged before (${brokerError(errorCode, 'writing').message}). ` +
            'Records may be lost, e.g. by an unclean leader election. Start the job anew from its last checkpoint: it writes them again.',
        )
      default: {
        const doing = `writing to topic ${this.#leaders.topic}, partition ${queue.partition}`
        return isProducerFenced(errorCode) ? producerFenced(errorCode, doing) : brokerError(errorCode, doing)
      }
    }
  }

  #split(queue: PartitionQueue, batch: ProducerBatch): StreamError | undefined {
    const { encoder, part, since } = batch
    if (encoder.count === 1)
      return kafkaError(
        'KAFKA_RECORD_TOO_LARGE',
        `topic ${this.#leaders.topic}, partition ${queue.partition}: the broker refuses a record of ${batch.bytes?.length} bytes. Raise max.message.bytes of the topic, or make the record smaller.`,
      )
    const halves = splitBatch(encoder).map(
      (half): ProducerBatch => ({
        encoder: half,
        part,
        since,
        sequence: undefined,
        bytes: undefined,
      }),
    )
    part.opened()
    queue.replaceHead(halves)
    this.#options.onSplit(batch, halves)
    queue.isBusy = false
    return undefined
  }

  /** Waits, looks the leaders up again, and lets the queues go on with the same batches. */
  async #retry(queues: readonly PartitionQueue[], reason: StreamError): Promise<void> {
    const { signal } = this.#stopping
    const { topic } = this.#leaders
    try {
      for (const queue of queues) {
        const expired = this.#expired(queue.sealed[0]!, reason)
        if (expired) throw expired
      }
      const attempts = Math.max(...queues.map(queue => ++queue.attempts))
      const level = attempts === 1 ? 'warn' : 'debug'
      this.#cluster.logger[level](`writing to topic ${topic} is interrupted and goes on by itself: ${reason.message}`)
      await pause(
        this.#cluster.clock,
        Math.min(100 * 2 ** Math.min(attempts - 1, 5), 2_000) * (0.75 + Math.random() / 2),
        signal,
      )
      if (signal.aborted) return
      await this.#leaders.refresh().catch(cause => {
        if (!(cause instanceof StreamError && cause.retryable)) throw cause
      })
    } catch (cause) {
      this.#fail(asKafkaError(cause, 'KAFKA_REQUEST_FAILED', `writing to topic ${topic}`))
      return
    }
    for (const queue of queues) queue.isBusy = false
    this.pump()
  }

  #expired(batch: ProducerBatch, reason: StreamError): StreamError | undefined {
    const { deliveryTimeoutMs } = this.#options
    const since = batch.part.releasedAt ?? batch.since
    if (this.#cluster.clock.monotonic() - since < deliveryTimeoutMs) return undefined
    return kafkaError(
      'KAFKA_DELIVERY_TIMEOUT',
      `a batch for topic ${this.#leaders.topic} was not acknowledged within ${Math.round(deliveryTimeoutMs / 1000)} s; the last attempt: ${reason.message}`,
      { cause: reason, retryable: true },
    )
  }

  #producer(): ProducerSession {
    if (this.#session) return this.#session
    throw kafkaError('KAFKA_CLOSED', `the producer of topic ${this.#leaders.topic} has no producer id yet`)
  }

  #fail(cause: StreamError): void {
    this.stop()
    this.#options.onFailure(cause)
  }
}
