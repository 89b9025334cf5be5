import { apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

/** Who ends or extends a transaction. */
export interface TransactionProducer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/** AddPartitionsToTxn, version 1: partitions of one topic; the first ones begin the transaction. */
export function addPartitionsRequest(
  { transactionalId, producerId, producerEpoch }: TransactionProducer,
  topic: string,
  partitions: readonly number[],
): KafkaRequest {
  const body = new WireWriter()
    .string(transactionalId)
    .int64(producerId)
    .int16(producerEpoch)
    .array([topic], (name, writer) =>
      writer.string(name).array(partitions, (partition, entries) => entries.int32(partition)),
    )
    .toBuffer()
  return { apiKey: apiKeys.AddPartitionsToTxn, apiVersion: 1, apiName: 'AddPartitionsToTxn', body }
}

/** Error codes, one a partition; where one is refused, the others say OPERATION_NOT_ATTEMPTED. */
export function readAddPartitions(body: Buffer): number[] {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  const topics = reader.array(() => {
    reader.string()
    return reader.array(() => {
      reader.int32()
      return reader.int16()
    })
  })
  return topics.flat()
}

/** EndTxn, version 1. */
export function endTransactionRequest(
  { transactionalId, producerId, producerEpoch }: TransactionProducer,
  commit: boolean,
): KafkaRequest {
  const body = new WireWriter().string(transactionalId).int64(producerId).int16(producerEpoch).bool(commit).toBuffer()
  return { apiKey: apiKeys.EndTxn, apiVersion: 1, apiName: 'EndTxn', body }
}

export function readEndTransaction(body: Buffer): number {
  const reader = new WireReader(body)
  reader.int32() // throttle time
  return reader.int16()
}
