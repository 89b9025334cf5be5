import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

export interface ProducerIdentity {
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
}

/** InitProducerId, version 1, for an idempotent producer without transactions. */
export function initProducerIdRequest(): KafkaRequest {
  const body = new WireWriter().nullableString(null).int32(60_000).toBuffer()
  return { apiKey: apiKeys.InitProducerId, apiVersion: 1, apiName: 'InitProducerId', body }
}

export function readInitProducerId(body: Buffer): ProducerIdentity {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  return { errorCode: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() }
}
