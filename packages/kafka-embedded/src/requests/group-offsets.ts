import { errorCodes, type WireReader } from '@rtp/kafka-protocol'
import type { CommittedOffset } from '../groups/group-offsets.ts'
import type { BrokerState, RequestHandler } from '../request-context.ts'

/** Kafka's offset.metadata.max.bytes. */
const MAX_METADATA_BYTES = 4096

interface TopicOffsets {
  readonly topic: string
  readonly offsets: readonly CommittedOffset[]
}

/** OffsetCommit (8). */
export const offsetCommitHandler: RequestHandler = {
  api: 'OffsetCommit',
  minVersion: 2,
  maxVersion: 5,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const groupId = request.string()
    const generation = request.int32()
    const memberId = request.string()
    if (version <= 4) request.int64()
    const topics = readTopicOffsets(request)
    const group = state.groups.getOrCreate(groupId)
    const groupError = injectedError || group.checkCommit(memberId, generation)
    const accepted: CommittedOffset[] = []
    if (version >= 3) response.int32(0)
    response.array(topics, ({ topic, offsets }) => {
      response.string(topic)
      response.array(offsets, offset => {
        const errorCode = groupError || checkOffset(state, offset)
        if (errorCode === 0) accepted.push(offset)
        response.int32(offset.partition).int16(errorCode)
      })
    })
    group.offsets.commit(accepted)
    return 'answer'
  },
}

/** OffsetFetch (9). */
export const offsetFetchHandler: RequestHandler = {
  api: 'OffsetFetch',
  minVersion: 1,
  maxVersion: 4,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const offsets = state.groups.get(request.string())?.offsets
    const asked = request.nullableArray(r => ({ topic: r.string(), partitions: r.array(r2 => r2.int32()) }))
    const topics = asked ?? partitionsByTopic(offsets?.all() ?? [])
    if (version >= 3) response.int32(0)
    response.array(topics, ({ topic, partitions }) => {
      response.string(topic)
      response.array(partitions, partition => {
        const found = offsets?.get(topic, partition)
        response.int32(partition).int64(found?.offset ?? -1)
        response.nullableString(found?.metadata ?? '').int16(version >= 2 ? 0 : injectedError)
      })
    })
    if (version >= 2) response.int16(injectedError)
    return 'answer'
  },
}

/** TxnOffsetCommit (28): offsets that count when the transaction is committed. */
export const txnOffsetCommitHandler: RequestHandler = {
  api: 'TxnOffsetCommit',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const transactionalId = request.string()
    const groupId = request.string()
    const producer = { producerId: request.int64(), epoch: request.int16() }
    const topics = readTopicOffsets(request)
    const refusal = injectedError || state.transactions.checkOffsets(transactionalId, producer, groupId)
    const accepted: CommittedOffset[] = []
    response.int32(0)
    response.array(topics, ({ topic, offsets }) => {
      response.string(topic)
      response.array(offsets, offset => {
        const errorCode = refusal || checkOffset(state, offset)
        if (errorCode === 0) accepted.push(offset)
        response.int32(offset.partition).int16(errorCode)
      })
    })
    if (refusal === 0) state.groups.getOrCreate(groupId).offsets.commitInTransaction(producer.producerId, accepted)
    return 'answer'
  },
}

function readTopicOffsets(request: WireReader): TopicOffsets[] {
  return request.array(r => {
    const topic = r.string()
    const offsets = r.array(r2 => ({
      topic,
      partition: r2.int32(),
      offset: r2.int64(),
      metadata: r2.nullableString(),
    }))
    return { topic, offsets }
  })
}

function checkOffset(state: BrokerState, { topic, partition, metadata }: CommittedOffset): number {
  if (state.topics.partition(topic, partition) === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  const isTooLong = metadata !== null && Buffer.byteLength(metadata) > MAX_METADATA_BYTES
  return isTooLong ? errorCodes.OFFSET_METADATA_TOO_LARGE : 0
}

function partitionsByTopic(offsets: readonly CommittedOffset[]): { topic: string; partitions: number[] }[] {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of offsets) {
    const partitions = byTopic.get(topic)
    if (partitions === undefined) byTopic.set(topic, [partition])
    else partitions.push(partition)
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }))
}
