import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

export interface FoundCoordinator {
  readonly errorCode: number
  readonly nodeId: number
}

/** FindCoordinator, version 2, for a transactional id. */
export function findTransactionCoordinatorRequest(transactionalId: string): KafkaRequest {
  const body = new WireWriter().string(transactionalId).int8(TRANSACTION).toBuffer()
  return { apiKey: apiKeys.FindCoordinator, apiVersion: 2, apiName: 'FindCoordinator', body }
}

export function readFindCoordinator(body: Buffer): FoundCoordinator {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  const errorCode = reader.int16()
  reader.nullableString() // message
  return { errorCode, nodeId: reader.int32() }
}

/** Kind of a coordinator's key: a group has 0. */
const TRANSACTION = 1
