import { errorCodes } from '@rtp/kafka-protocol'
import { StreamError } from '@rtp/stream-core/extend'
import { BackOff, pause } from '../cluster/back-off.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { brokerError, isProducerFenced, producerFenced } from '../errors.ts'
import type { KafkaRequest } from '../kafka-client.ts'
import { findTransactionCoordinatorRequest, readFindCoordinator } from '../requests/find-coordinator.ts'
import { initProducerIdRequest, type ProducerIdentity, readInitProducerId } from '../requests/init-producer-id.ts'

/** The broker that keeps the transactions of one transactional id, looked up when it has moved. */
export class TransactionCoordinator {
  readonly transactionalId: string
  readonly #cluster: KafkaCluster
  readonly #timeoutMs: number
  #nodeId: number | undefined

  /** `timeoutMs` is the time for one request, repetitions included. */
  constructor(cluster: KafkaCluster, transactionalId: string, timeoutMs: number) {
    this.#cluster = cluster
    this.transactionalId = transactionalId
    this.#timeoutMs = timeoutMs
  }

  /**
   * Raises the epoch of the transactional id: its open transaction is aborted, one that is being committed is waited for, and whoever held the
   * id before can write nothing more. When this resolves, everything that the former holder has committed can be read.
   */
  async init(transactionTimeoutMs: number, timeoutMs = this.#timeoutMs): Promise<ProducerIdentity> {
    let identity: ProducerIdentity | undefined
    await this.repeated(
      initProducerIdRequest(this.transactionalId, transactionTimeoutMs),
      body => {
        identity = readInitProducerId(body)
        return [identity.errorCode]
      },
      `taking the transactional id ${this.transactionalId} over`,
      timeoutMs,
    )
    return identity!
  }

  /** Sends until it is done, for requests that may be repeated. Throws KAFKA_PRODUCER_FENCED and what does not go away in time. */
  async repeated(
    request: KafkaRequest,
    read: (body: Buffer) => readonly number[],
    doing: string,
    timeoutMs = this.#timeoutMs,
  ): Promise<void> {
    const { clock, signal } = this.#cluster
    const backOff = new BackOff(10, 1_000)
    const until = clock.monotonic() + timeoutMs
    for (;;) {
      try {
        const answer = await this.once(request, read)
        if (answer.some(code => code !== 0 && code !== errorCodes.CONCURRENT_TRANSACTIONS)) this.forget()
        throwFirst(answer, doing)
        return
      } catch (error) {
        const isRetryable = error instanceof StreamError && error.retryable
        if (!isRetryable || clock.monotonic() > until || signal.aborted) throw error
        await pause(clock, backOff.nextMs(), signal)
      }
    }
  }

  /** Sends once; forgets where the coordinator is when it may have moved. */
  async once<T>(request: KafkaRequest, read: (body: Buffer) => T): Promise<T> {
    const nodeId = (this.#nodeId ??= await this.#find())
    this.#nodeId = undefined
    const result = await this.#cluster.send(nodeId, request, read)
    this.#nodeId = nodeId
    return result
  }

  /** The next request looks the coordinator up again. */
  forget(): void {
    this.#nodeId = undefined
  }

  async #find(): Promise<number> {
    const found = await this.#cluster.sendToAny(
      findTransactionCoordinatorRequest(this.transactionalId),
      readFindCoordinator,
    )
    const doing = `looking for the coordinator of the transactional id ${this.transactionalId}`
    if (found.errorCode !== 0) throw brokerError(found.errorCode, doing)
    // Its address comes with the metadata.
    await this.#cluster.metadata([])
    return found.nodeId
  }
}

function throwFirst(errorCodesOfAnswer: readonly number[], doing: string): void {
  // What was not attempted says nothing of why.
  const wrong = errorCodesOfAnswer.filter(code => code !== 0)
  const code = wrong.find(one => one !== errorCodes.OPERATION_NOT_ATTEMPTED) ?? wrong[0]
  if (code === undefined) return
  throw isProducerFenced(code) ? producerFenced(code, doing) : brokerError(code, doing)
}
