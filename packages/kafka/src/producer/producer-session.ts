import { StreamError } from '@rtp/stream-core/extend'
import { BackOff, pause } from '../cluster/back-off.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { brokerError } from '../errors.ts'
import { initProducerIdRequest, type ProducerIdentity, readInitProducerId } from '../requests/init-producer-id.ts'

/** One epoch of a producer: who sends, and the number of the next record of each partition. */
export class ProducerSession {
  /** Null for a producer without transactions. */
  readonly transactionalId: string | null
  readonly producerId: number
  readonly producerEpoch: number
  readonly #sequences = new Map<string, number>()

  constructor({ producerId, producerEpoch }: ProducerIdentity, transactionalId: string | null = null) {
    this.transactionalId = transactionalId
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }

  nextSequence(topic: string, partition: number): number {
    return this.#sequences.get(`${topic}/${partition}`) ?? 0
  }

  setNextSequence(topic: string, partition: number, sequence: number): void {
    this.#sequences.set(`${topic}/${partition}`, sequence)
  }
}

/** Gets a producer id without a transactional id; repeats what may go away. */
export async function idempotentSession(cluster: KafkaCluster, timeoutMs: number): Promise<ProducerSession> {
  const backOff = new BackOff()
  const until = cluster.clock.monotonic() + timeoutMs
  for (;;) {
    try {
      const identity = await cluster.sendToAny(initProducerIdRequest(), readInitProducerId)
      if (identity.errorCode !== 0) throw brokerError(identity.errorCode, 'getting a producer id')
      return new ProducerSession(identity)
    } catch (error) {
      const isRetryable = error instanceof StreamError && error.retryable
      if (!isRetryable || cluster.clock.monotonic() > until || cluster.signal.aborted) throw error
    }
    await pause(cluster.clock, backOff.nextMs(), cluster.signal)
  }
}
