import { reachPoint, type StreamError } from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { asKafkaError, brokerError, isProducerFenced, kafkaError, producerFenced } from '../errors.ts'
import { ProducerSession } from '../producer/producer-session.ts'
import {
  addPartitionsRequest,
  endTransactionRequest,
  readAddPartitions,
  readEndTransaction,
  type TransactionProducer,
} from '../requests/transactions.ts'
import { TransactionCoordinator } from './coordinator.ts'

export interface TransactionalProducerOptions {
  readonly transactionalId: string
  /** After this time the coordinator aborts a transaction that has not ended. */
  readonly transactionTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** What became of a commit: its answer may be lost, and then somebody has to find out. */
export type CommitAnswer = 'committed' | { readonly unknown: StreamError }

/**
 * Holds a transactional id and runs one transaction of it at a time. After anything but a commit that is known to have happened, it must be
 * taken over anew by `init`: the numbers of records that may or may not be written could not be told otherwise.
 */
export class TransactionalProducer {
  readonly transactionalId: string
  readonly #coordinator: TransactionCoordinator
  readonly #options: TransactionalProducerOptions
  #session: ProducerSession | undefined
  #added = new Set<string>()

  constructor(cluster: KafkaCluster, options: TransactionalProducerOptions) {
    this.transactionalId = options.transactionalId
    this.#options = options
    this.#coordinator = new TransactionCoordinator(cluster, options.transactionalId, options.requestTimeoutMs)
  }

  /** False before the first `init`, and after a transaction that has failed. */
  get isUsable(): boolean {
    return this.#session !== undefined
  }

  /** As whom to send. */
  get session(): ProducerSession {
    if (this.#session) return this.#session
    throw kafkaError(
      'KAFKA_PRODUCER_FENCED',
      `the transactional producer ${this.transactionalId} has failed before; it must be taken over anew.`,
      { retryable: true },
    )
  }

  /** Takes the id over: fences whoever holds it, aborts what is open. */
  async init(): Promise<void> {
    this.#session = undefined
    this.#added.clear()
    const identity = await this.#coordinator.init(this.#options.transactionTimeoutMs)
    this.#session = new ProducerSession(identity, this.transactionalId)
  }

  /**
   * Ends the use of the id. The coordinator writes its decision into each partition after it has answered; it gives the id away again only when
   * that is done, so that readers see everything once this resolves. Left to the coordinator when it does not answer in time.
   */
  async close(timeoutMs: number): Promise<void> {
    if (this.#session === undefined) return
    this.#session = undefined
    await this.#coordinator.init(this.#options.transactionTimeoutMs, timeoutMs).catch(() => undefined)
  }

  /** Makes partitions part of the transaction, which the first ones begin; to be called before anything is written to them. */
  async add(topic: string, partitions: Iterable<number>): Promise<void> {
    const added = [...partitions].filter(partition => !this.#added.has(`${topic}/${partition}`))
    if (added.length === 0) return
    await this.#coordinator.repeated(
      addPartitionsRequest(this.#producer(), topic, added),
      readAddPartitions,
      `beginning a transaction of ${this.transactionalId} over topic ${topic}`,
    )
    for (const partition of added) this.#added.add(`${topic}/${partition}`)
    reachPoint('transaction-begun')
  }

  /** Commits. Asked once: a request whose answer is lost may have been carried out. Throws KAFKA_PRODUCER_FENCED when it was not. */
  async commit(): Promise<CommitAnswer> {
    const request = endTransactionRequest(this.#producer(), true)
    const { session } = this
    this.#session = undefined
    this.#added.clear()
    const doing = `committing a transaction of ${this.transactionalId}`
    let errorCode: number
    try {
      errorCode = await this.#coordinator.once(request, readEndTransaction)
    } catch (cause) {
      return { unknown: asKafkaError(cause, 'KAFKA_CONNECTION_LOST', doing) }
    }
    if (isProducerFenced(errorCode)) throw producerFenced(errorCode, doing)
    // A coordinator that is moving may answer with an error and have written the decision.
    if (errorCode !== 0) {
      this.#coordinator.forget()
      return { unknown: brokerError(errorCode, doing) }
    }
    this.#session = session
    reachPoint('transaction-ended')
    return 'committed'
  }

  /** Aborts what is open, so that readers do not wait for its time-out; a failure is left to `init` or the time-out. */
  async abort(): Promise<void> {
    if (this.#session === undefined) return
    const request = endTransactionRequest(this.#producer(), false)
    const isOpen = this.#added.size > 0
    this.#session = undefined
    this.#added.clear()
    if (isOpen) await this.#coordinator.once(request, readEndTransaction).catch(() => undefined)
  }

  #producer(): TransactionProducer {
    const { producerId, producerEpoch } = this.session
    return { transactionalId: this.transactionalId, producerId, producerEpoch }
  }
}
