import { apiKeys, WireReader } from '@rtp/kafka-protocol'
import type { KafkaRequest } from '../kafka-client.ts'

/** One finished record batch for a partition. */
export interface ProducePartition {
  readonly partition: number
  readonly batch: Uint8Array
}

export interface ProduceResult {
  readonly partition: number
  readonly errorCode: number
  /** Offset of the first record, -1 when it is not known. */
  readonly baseOffset: number
}

/** Produce, version 7, to partitions of one topic, acknowledged by all replicas in sync. */
export function produceRequest(
  topic: string,
  partitions: readonly ProducePartition[],
  timeoutMs: number,
  transactionalId: string | null = null,
): KafkaRequest {
  const name = Buffer.from(topic)
  const id = transactionalId === null ? undefined : Buffer.from(transactionalId)
  let size = 2 + (id?.length ?? 0) + 2 + 4 + 4 + 2 + name.length + 4
  for (const { batch } of partitions) size += 8 + batch.length
  // Written by hand and not with a WireWriter: one buffer of the right size, each batch copied once.
  const body = Buffer.allocUnsafe(size)
  let at = body.writeInt16BE(id?.length ?? -1, 0)
  if (id) {
    body.set(id, at)
    at += id.length
  }
  at = body.writeInt16BE(-1, at) // acks: all
  at = body.writeInt32BE(timeoutMs, at)
  at = body.writeInt32BE(1, at)
  at = body.writeInt16BE(name.length, at)
  body.set(name, at)
  at = body.writeInt32BE(partitions.length, at + name.length)
  for (const { partition, batch } of partitions) {
    at = body.writeInt32BE(partition, at)
    at = body.writeInt32BE(batch.length, at)
    body.set(batch, at)
    at += batch.length
  }
  return { apiKey: apiKeys.Produce, apiVersion: 7, apiName: 'Produce', body }
}

export function readProduce(body: Buffer): ProduceResult[] {
  const reader = new WireReader(body)
  const topics = reader.array(() => {
    reader.string()
    return reader.array(() => {
      const result = { partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() }
      reader.skip(16) // log append time, log start offset
      return result
    })
  })
  return topics.flat()
}
