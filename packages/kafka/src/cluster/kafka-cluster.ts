import { errorCodes, WireError } from '@rtp/kafka-protocol'
import { type Clock, type Logger, messageOf, StreamError } from '@rtp/stream-core/extend'
import { asKafkaError, brokerError, kafkaError } from '../errors.ts'
import type { BrokerAddress, KafkaClient, KafkaConnection, KafkaRequest, RequestFor } from '../kafka-client.ts'
import { type ClusterMetadata, metadataRequest, readMetadata, type TopicMetadata } from '../requests/metadata.ts'
import { BackOff, pause } from './back-off.ts'
import { brokerName, parseBroker } from './broker-address.ts'

export interface KafkaClusterOptions {
  readonly client: KafkaClient
  readonly brokers: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
}

/** Fetch requests wait at the broker, and a broker answers one request of a connection after the other: so they have their own. */
export type Lane = 'requests' | 'fetch'

/**
 * The brokers of a cluster and one connection to each of them per lane, opened when used. Does not repeat requests: who sends one knows
 * what its failure means.
 */
export class KafkaCluster {
  readonly client: KafkaClient
  readonly clock: Clock
  readonly logger: Logger
  readonly seeds: readonly BrokerAddress[]
  readonly #closing = new AbortController()
  readonly #connections = new Map<string, Promise<KafkaConnection>>()
  #brokers = new Map<number, BrokerAddress>()
  #controllerId = -1

  constructor({ client, brokers, clock, logger }: KafkaClusterOptions) {
    if (brokers.length === 0)
      throw kafkaError('KAFKA_OPTION_INVALID', 'brokers: give the address of at least one broker, e.g. localhost:9092.')
    this.client = client
    this.clock = clock
    this.logger = logger
    this.seeds = brokers.map(parseBroker)
  }

  /** Aborted when the cluster is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal
  }

  /** Addresses for messages. */
  get name(): string {
    return this.seeds.map(brokerName).join(', ')
  }

  /** Sends to one broker, and reads the answer. */
  async send<T>(
    nodeId: number,
    request: KafkaRequest | RequestFor,
    read: (body: Buffer, version: number) => T,
    lane: Lane = 'requests',
  ): Promise<T> {
    const address = this.#brokers.get(nodeId)
    if (!address)
      throw kafkaError('KAFKA_CONNECTION_LOST', `broker ${nodeId} of ${this.name} is not known (any more)`, {
        retryable: true,
      })
    return this.#exchange(address, request, read, lane)
  }

  /** Sends to the controller, which is where topics are made and deleted. */
  async sendToController<T>(request: KafkaRequest, read: (body: Buffer) => T): Promise<T> {
    if (!this.#brokers.has(this.#controllerId)) await this.metadata([])
    return this.send(this.#controllerId, request, read)
  }

  /** Sends to the first broker that answers. Throws the last failure when none does. */
  async sendToAny<T>(request: KafkaRequest | RequestFor, read: (body: Buffer, version: number) => T): Promise<T> {
    const addresses = [...this.#brokers.values(), ...this.seeds]
    const open = addresses.filter(address => this.#connections.has(`requests ${brokerName(address)}`))
    let last: unknown
    const tried = new Set<string>()
    for (const address of [...open, ...addresses]) {
      const name = brokerName(address)
      if (tried.has(name)) continue
      tried.add(name)
      try {
        return await this.#exchange(address, request, read, 'requests')
      } catch (error) {
        if (!(error instanceof StreamError && error.retryable)) throw error
        last = error
      }
    }
    throw last
  }

  /** Asks for topics and learns the brokers. */
  async metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    const metadata = await this.sendToAny(broker => metadataRequest(topics, broker), readMetadata)
    // A broker that is just starting may not know any.
    if (metadata.brokers.length > 0) this.#brokers = new Map(metadata.brokers.map(broker => [broker.nodeId, broker]))
    this.#controllerId = metadata.controllerId
    return metadata
  }

  /** One topic's partitions; undefined when there is no such topic. Throws other errors of the topic. */
  async topic(topic: string): Promise<TopicMetadata | undefined> {
    const { topics } = await this.metadata([topic])
    const found = topics.find(entry => entry.topic === topic)
    if (!found || found.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) return undefined
    if (found.errorCode !== 0 && found.errorCode !== errorCodes.LEADER_NOT_AVAILABLE)
      throw brokerError(found.errorCode, `topic ${topic}`)
    return found
  }

  /**
   * Waits until a broker answers. Throws KAFKA_UNREACHABLE after `timeoutMs`, and at once what waiting does not help against, e.g. a
   * refused password.
   */
  async waitUntilReachable(timeoutMs: number, signal: AbortSignal = this.signal): Promise<void> {
    const backOff = new BackOff(100, 2_000)
    const until = this.clock.monotonic() + timeoutMs
    for (let attempt = 1; ; attempt++) {
      try {
        await this.metadata([])
        return
      } catch (error) {
        if (!(error instanceof StreamError && error.retryable)) throw error
        const delayMs = backOff.nextMs()
        if (signal.aborted || this.clock.monotonic() + delayMs > until) throw this.#unreachable(error, timeoutMs)
        if (attempt === 3) this.logger.warn(`waiting for Kafka at ${this.name}: ${error.message}`, { timeoutMs })
        await pause(this.clock, delayMs, signal)
      }
    }
  }

  /** Ends all connections; requests under way fail with KAFKA_CONNECTION_LOST. */
  async close(): Promise<void> {
    this.#closing.abort()
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.allSettled(connections.map(async connection => (await connection).close()))
  }

  async #exchange<T>(
    address: BrokerAddress,
    requestFor: KafkaRequest | RequestFor,
    read: (body: Buffer, version: number) => T,
    lane: Lane,
  ): Promise<T> {
    const connection = await this.#connection(address, lane)
    const request = typeof requestFor === 'function' ? requestFor(connection) : requestFor
    const body = await connection.send(request)
    try {
      return read(body, request.apiVersion)
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause
      throw kafkaError(
        'KAFKA_PROTOCOL',
        `the answer of ${brokerName(address)} to ${request.apiName} v${request.apiVersion} cannot be read: ${cause.message}. Is it a Kafka broker of version 2.3 or later?`,
        { cause },
      )
    }
  }

  async #connection(address: BrokerAddress, lane: Lane): Promise<KafkaConnection> {
    if (this.signal.aborted) throw kafkaError('KAFKA_CLOSED', `the client of ${this.name} is closed`)
    const id = `${lane} ${brokerName(address)}`
    const known = this.#connections.get(id)
    if (known) {
      const connection = await known
      if (connection.isOpen) return connection
      // Somebody else may have replaced it meanwhile.
      if (this.#connections.get(id) !== known) return this.#connection(address, lane)
    }
    const opening = this.client.connect(address)
    this.#connections.set(id, opening)
    try {
      const connection = await opening
      if (this.signal.aborted) {
        await connection.close()
        throw kafkaError('KAFKA_CLOSED', `the client of ${this.name} is closed`)
      }
      return connection
    } catch (cause) {
      if (this.#connections.get(id) === opening) this.#connections.delete(id)
      throw asKafkaError(cause, 'KAFKA_CONNECTION_LOST', `connecting to ${brokerName(address)}`)
    }
  }

  #unreachable(cause: unknown, timeoutMs: number): StreamError {
    return kafkaError(
      'KAFKA_UNREACHABLE',
      `no broker of ${this.name} answered within ${Math.round(timeoutMs / 1000)} s; the last attempt: ${messageOf(cause)}. ` +
        'Check that Kafka runs, that host and port are right and reachable from here, and that TLS and SASL are set as the listener wants them.',
      { cause, retryable: true },
    )
  }
}
