import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

export interface ProducerIdentity {
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
}

/**
 * InitProducerId, version 1. With a transactional id it raises the epoch of that id: its open transaction is aborted, and whoever held the id
 * before can write nothing more. Without one it gives an id for an idempotent producer.
 */
export function initProducerIdRequest(transactionalId: string | null = null, timeoutMs = 60_000): KafkaRequest {
  const body = new WireWriter().nullableString(transactionalId).int32(timeoutMs).toBuffer()
  return { apiKey: apiKeys.InitProducerId, apiVersion: 1, apiName: 'InitProducerId', body }
}

export function readInitProducerId(body: Buffer): ProducerIdentity {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  return { errorCode: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() }
}
